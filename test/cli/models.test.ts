import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMiniLMEmbedder } from "../../src/embedders/minilm.ts";
import { memoir, temporaryFolder } from "./memoir.ts";

/** A mirror of the repository's models; `change` may answer something else. */
async function mirror(change: (path: string, body: Buffer) => Buffer = (_, body) => body) {
  const requests: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    requests.push(url);
    const file = resolve(`models${url}`);
    if (!existsSync(file)) response.writeHead(404).end();
    else response.end(change(url, readFileSync(file)));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => new Promise((closed) => server.close(() => closed())));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, requests };
}

describe("memoir models pull", () => {
  test("fetches a model that works, for the whole of the user's projects, and only once", async () => {
    const HOME = temporaryFolder();
    const { url, requests } = await mirror();
    const first = await memoir(["models", "pull", "minilm", "--from", url], { env: { HOME } });
    const folder = join(HOME, ".cache/memoir/models/minilm-l6-v2-int8");
    expect(first).toMatchObject({ code: 0, stdout: `${folder}\n` });
    const embedder = await createMiniLMEmbedder({ folder, worker: false });
    expect(await embedder.embed(["hello"])).toHaveLength(1);
    expect(requests).toHaveLength(2);
    expect(await memoir(["models", "pull", "minilm", "--from", url], { env: { HOME } })).toEqual(first);
    expect(requests).toHaveLength(2);
  });

  test("fetches again what is damaged", async () => {
    const to = temporaryFolder();
    const { url, requests } = await mirror();
    writeFileSync(join(to, "tokenizer.json"), "{");
    expect((await memoir(["models", "pull", "minilm", "--from", `${url}/`, "--to", to])).code).toBe(0);
    expect(requests).toHaveLength(2);
    expect(readFileSync(join(to, "tokenizer.json"))).toEqual(
      readFileSync("models/minilm-l6-v2-int8/tokenizer.json"),
    );
  });

  test.each([
    [
      "another file",
      (_: string, body: Buffer) => Buffer.concat([Buffer.from("x"), body.subarray(1)]),
      "SHA-256",
    ],
    ["a longer file", (_: string, body: Buffer) => Buffer.concat([body, Buffer.from("x")]), "longer"],
    ["half of it", (_: string, body: Buffer) => body.subarray(0, 1000), "SHA-256"],
  ])("keeps nothing of %s", async (_, change, message) => {
    const to = temporaryFolder();
    const { url } = await mirror(change);
    const { code, stderr } = await memoir(["models", "pull", "minilm", "--from", url, "--to", to]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
    expect(existsSync(join(to, "tokenizer.json"))).toBe(false);
    expect(existsSync(join(to, "tokenizer.json.partial"))).toBe(false);
  });

  test("says where it looked when there is nothing, and which models there are", async () => {
    const { url } = await mirror();
    const args = ["--to", temporaryFolder(), "--from", `${url}/nothing`];
    expect((await memoir(["models", "pull", "minilm", ...args])).stderr).toContain(`${url}/nothing/minilm`);
    const unknown = await memoir(["models", "pull", "gpt", ...args]);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("minilm") });
  });
});
