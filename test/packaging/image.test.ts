import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { run } from "./install.ts";

const dockerfile = readFileSync("deploy/Dockerfile", "utf8");

/** Nobody: an ordinary user that every system has. */
const NOBODY = 65_534;

/** The instruction of the image's last stage that begins so. */
function instruction(name: string): string {
  const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  return new RegExp(`^${name} (.*)$`, "m").exec(last)?.[1] ?? "";
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/** Carries out what the image is built by, in a folder instead of a container. */
function installAsTheImage(folder: string): void {
  const [, command = ""] = /^RUN (node -p (?:.*\\\n)*.*)$/m.exec(dockerfile) ?? [];
  const here = command
    .replaceAll("\\\n", "")
    .replace("/tmp/source.json", resolve("package.json"))
    .replace("/tmp/memoir.tgz", inject("tarball"));
  run("sh", ["-c", `${here} --prefer-offline --no-audit --no-fund`], folder);
}

test("what the image holds starts as an ordinary user, is healthy, and stops when it is told to", async () => {
  const folder = mkdtempSync(join(tmpdir(), "memoir-image-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // Or npm would look for a project in the folders above.
  mkdirSync(join(folder, "node_modules"));
  installAsTheImage(folder);
  const [data, node, port] = [join(folder, "data"), join(folder, "node"), await freePort()];
  mkdirSync(data);
  // Where the tests run by root, this one's own Node may lie where others do not get.
  copyFileSync(process.execPath, node);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    chmodSync(folder, 0o755);
    chownSync(data, NOBODY, NOBODY);
  }
  const settings = Object.fromEntries(
    instruction("ENV")
      .split(" ")
      .map((pair) => pair.split("=", 2)),
  );
  const env = { ...settings, MEMORY_STORAGE_DIR: data, PORT: String(port), MEMORY_TOKEN: "secret" };
  const [, ...entry] = JSON.parse(instruction("ENTRYPOINT")) as string[];
  const command = JSON.parse(instruction("CMD")) as string[];
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(node, [...entry, ...command], { cwd: folder, env, ...user, stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close");
  const [, , ...health] = JSON.parse(instruction("HEALTHCHECK").replace(/^CMD /, "")) as string[];
  const isHealthy = () => promisify(execFile)(node, ["-e", ...health], { env });
  await vi.waitFor(isHealthy, { timeout: 120_000, interval: 200 });
  const answer = await fetch(`http://127.0.0.1:${port}/v1/long-term-memory/`, {
    method: "POST",
    headers: { authorization: "Bearer secret", "content-type": "application/json" },
    body: JSON.stringify({ memories: [{ id: "a", text: "Prefers aisle seats" }] }),
  });
  expect(answer.status).toBe(200);
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  await expect(isHealthy()).rejects.toThrow();
});
