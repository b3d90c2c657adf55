import { readFileSync } from "node:fs";
import { ValidationError } from "../../../core/errors.ts";
import type { RedisSettings } from "./settings.ts";

/**
 * What Node's TLS needs to know.
 * @throws ValidationError naming the setting whose file cannot be read.
 */
export function tlsOptions(settings: Pick<RedisSettings, "ca" | "cert" | "key">) {
  const read = (name: keyof typeof settings) => {
    const path = settings[name];
    return path !== undefined && { [name]: readPem(name, path) };
  };
  return { tls: true, ...read("ca"), ...read("cert"), ...read("key") } as const;
}

function readPem(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw ValidationError.of(name, `cannot be read: ${(error as Error).message}`, path);
  }
}

/** The TLS connection cannot be made, however often it is tried. */
export function isTlsFailure(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    (typeof code === "string" &&
      /^(ERR_SSL_|ERR_TLS_|EPROTO$|UNABLE_TO_|CERT_|SELF_SIGNED|DEPTH_ZERO)/.test(code)) ||
    (typeof message === "string" && /\b(SSL routines|certificate)\b/i.test(message))
  );
}

/** What failures mean to somebody who has to do something about them, in the words of Node and OpenSSL. */
const MEANINGS: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [
    /wrong version number|packet length too long/i,
    "it speaks no TLS: begin the URL with redis instead of rediss",
  ],
  [
    /alert (certificate required|handshake failure|bad certificate)/i,
    "it refuses the TLS connection, perhaps for want of a certificate of ours: give cert and key",
  ],
  [/altnames/i, "its certificate is for another name than the one in the URL"],
  [/expired|not yet valid/i, "its certificate is not valid now"],
];

/** What to do about it. */
export function tlsMeaning({ message }: Error): string {
  const known = MEANINGS.find(([pattern]) => pattern.test(message))?.[1];
  const [reason = ""] = message.trim().split("\n");
  return `${known ?? "its certificate is not trusted: name the file of its certificate authority as ca"} (${reason})`;
}
