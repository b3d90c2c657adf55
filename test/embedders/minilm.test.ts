import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/core/errors.ts";
import { dot } from "../../src/core/vector.ts";
import { createMiniLMEmbedder } from "../../src/embedders/minilm.ts";

const embedder = await createMiniLMEmbedder();
const weather = "The weather is lovely today.";
const sun = "It's so sunny outside!";
const stadium = "He drove to the stadium.";

async function embed(text: string): Promise<Float32Array> {
  const [vector] = await embedder.embed([text]);
  return vector ?? new Float32Array();
}

async function tokens(text: string): Promise<Float32Array[]> {
  const [vectors] = await embedder.embedTokens([text]);
  return Array.from({ length: vectors?.tokens ?? 0 }, (_, index) =>
    (vectors?.data ?? new Float32Array()).subarray(index * 384, (index + 1) * 384),
  );
}

describe("the MiniLM embedder", () => {
  test("gives the similarities upstream's model card prints", async () => {
    expect(dot(await embed(weather), await embed(sun))).toBeCloseTo(0.666, 2);
    expect(dot(await embed(weather), await embed(stadium))).toBeCloseTo(0.105, 2);
    expect(dot(await embed(sun), await embed(stadium))).toBeCloseTo(0.141, 2);
  });

  test("names its space", () => {
    expect(embedder).toMatchObject({ id: "minilm-l6-v2-int8", dimensions: 384, local: true });
  });

  test("a text has one unit vector, in whatever company it comes", async () => {
    const texts = [weather, "hi", stadium, sun, "A much longer text, ".repeat(20), "", weather];
    const vectors = await embedder.embed(texts);
    expect(vectors).toHaveLength(texts.length);
    for (const [index, text] of texts.entries()) {
      const vector = vectors[index] ?? new Float32Array();
      expect(vector).toEqual(await embed(text));
      expect(dot(vector, vector)).toBeCloseTo(text === "" ? 0 : 1, 5);
    }
  });

  test("a text without a known piece has the zero vector and no tokens", async () => {
    for (const text of ["", " \n", "🙂🙃", "\ud800"]) {
      expect(await embed(text)).toEqual(new Float32Array(384));
      expect(await tokens(text)).toEqual([]);
    }
  });

  test("reads the first 254 tokens", async () => {
    const head = "word ".repeat(254);
    expect(await tokens(head + "other ".repeat(100_000))).toHaveLength(254);
    expect(await embed(`${head} other`)).toEqual(await embed(head));
  });

  test("has a unit vector for every token, and the same word in the same place is the same", async () => {
    const vectors = await tokens("The bank of the river.");
    expect(vectors).toHaveLength(6);
    for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(await tokens("the BANK of the river.")).toEqual(vectors);
    const bank = (await tokens("The bank gave me a loan."))[1] ?? new Float32Array();
    const shore = (await tokens("The shore of the river."))[1] ?? new Float32Array();
    const inContext = vectors[1] ?? new Float32Array();
    expect(dot(inContext, shore)).toBeGreaterThan(dot(bank, shore));
  });

  test("leaves this thread free while the model runs", async () => {
    let turns = 0;
    let running = true;
    const others = (async () => {
      while (running) {
        turns++;
        await setImmediate();
      }
    })();
    await embed("word ".repeat(254));
    running = false;
    await others;
    expect(turns).toBeGreaterThan(10);
  });

  test("answers calls made at the same time each with its own", async () => {
    const texts = [weather, sun, stadium];
    const alone = [await embed(weather), await embed(sun), await embed(stadium)];
    expect(await Promise.all(texts.map(embed))).toEqual(alone);
  });

  test("stops when aborted, before and during the work", async () => {
    const reason = new Error("no longer needed");
    await expect(embedder.embed([weather], { signal: AbortSignal.abort(reason) })).rejects.toThrow(reason);
    const controller = new AbortController();
    const running = embedder.embedTokens(new Array(1_000).fill(weather), { signal: controller.signal });
    await embed(sun);
    controller.abort(reason);
    await expect(running).rejects.toThrow(reason);
  });
});

describe("when something is missing", () => {
  test("names the folder without a model", async () => {
    const opening = createMiniLMEmbedder({ folder: "/nowhere/minilm" });
    await expect(opening).rejects.toThrow(ModelError);
    await expect(opening).rejects.toMatchObject({ code: "model_missing", message: /\/nowhere\/minilm/ });
  });

  test("opens it once it is there", async () => {
    const source = new URL("../../models/minilm-l6-v2-int8/", import.meta.url);
    const folder = await mkdtemp(join(tmpdir(), "memoir-minilm-"));
    try {
      await copyFile(new URL("tokenizer.json", source), join(folder, "tokenizer.json"));
      await expect(createMiniLMEmbedder({ folder })).rejects.toMatchObject({ code: "model_missing" });
      await mkdir(join(folder, "onnx"));
      const file = "onnx/model_quantized.onnx";
      await copyFile(new URL(file, source), join(folder, file));
      const late = await createMiniLMEmbedder({ folder });
      expect(await late.embed([sun])).toEqual([await embed(sun)]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("says how to install the runtime", async () => {
    const output = await runScript(`
      import { registerHooks } from "node:module";
      registerHooks({ resolve(name, context, next) {
        return next(name === "onnxruntime-node" ? "package-that-is-not-installed" : name, context);
      } });
      const { createMiniLMEmbedder } = await import("./src/embedders/minilm.ts");
      await createMiniLMEmbedder({ worker: false }).catch((error) => console.log(error.code, error.message));
    `);
    expect(output).toMatch(/^model_missing .*npm install onnxruntime-node/);
  });
});

// A process of its own: a process can load onnxruntime-node in one thread only.
test.each([true, false])("with worker: %s, a program embeds and ends by itself", async (worker) => {
  const output = await runScript(`
    const { createMiniLMEmbedder } = await import("./src/embedders/minilm.ts");
    const embedder = await createMiniLMEmbedder({ worker: ${worker} });
    const [vector] = await embedder.embed([${JSON.stringify(weather)}]);
    console.log(JSON.stringify(Array.from(vector)));
  `);
  expect(Float32Array.from(JSON.parse(output))).toEqual(await embed(weather));
});

async function runScript(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--no-warnings", "--input-type=module", "--eval", script],
    { cwd: new URL("../..", import.meta.url) },
  );
  return stdout.trim();
}
