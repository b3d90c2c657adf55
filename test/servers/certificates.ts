import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serverFolder } from "./process.ts";

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of a test's own, and what it vouches for; gone with the test. */
export interface Authority {
  /** Path of its certificate, as PEM. */
  readonly ca: string;
  /** Certifies whoever is reached under these names, such as `IP:127.0.0.1`. */
  certify(name: string, alternatives: string): Certificate;
  remove(): void;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const DAYS = ["-days", "2"];

/** Made by the `openssl` of this machine. */
export function createAuthority(): Authority {
  const folder = serverFolder();
  const file = (name: string) => join(folder.path, name);
  const openssl = (...parameters: string[]) => execFileSync("openssl", parameters, { stdio: "pipe" });
  const [ca, caKey] = [file("ca.crt"), file("ca.key")];
  openssl("req", "-x509", ...KEY, ...DAYS, "-subj", "/CN=Test authority", "-keyout", caKey, "-out", ca);
  return {
    ca,
    certify(name, alternatives) {
      const [cert, key, request, extensions] = ["crt", "key", "csr", "ext"].map((end) =>
        file(`${name}.${end}`),
      );
      if (!cert || !key || !request || !extensions) throw new Error("It has four files");
      openssl("req", "-new", ...KEY, "-subj", `/CN=${name}`, "-keyout", key, "-out", request);
      writeFileSync(extensions, `subjectAltName=${alternatives}\n`);
      const signed = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-extfile", extensions];
      openssl("x509", "-req", "-in", request, ...signed, ...DAYS, "-out", cert);
      // The servers may run as somebody else.
      chmodSync(key, 0o644);
      return { cert, key };
    },
    remove: () => folder.remove(),
  };
}
