import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/core/errors.ts";
import { dot } from "../../src/core/vector.ts";
import { createStaticEmbedder } from "../../src/embedders/static.ts";

const model = new URL("../../models/static-256-int8/model.bin", import.meta.url);
const embedder = await createStaticEmbedder();

async function embed(text: string): Promise<Float32Array> {
  const [vector] = await embedder.embed([text]);
  return vector ?? new Float32Array();
}

async function cosine(a: string, b: string): Promise<number> {
  return dot(await embed(a), await embed(b));
}

describe("the static embedder", () => {
  test("gives the similarities its table was released with", async () => {
    const weather = "The weather is lovely today.";
    const sun = "It's so sunny outside!";
    const stadium = "He drove to the stadium.";
    expect(await cosine(weather, sun)).toBeCloseTo(0.516, 3);
    expect(await cosine(weather, stadium)).toBeCloseTo(0.081, 3);
    expect(await cosine(sun, stadium)).toBeCloseTo(0.115, 3);
  });

  test("names its space", () => {
    expect(embedder).toMatchObject({ id: "static-256", dimensions: 256, local: true });
  });

  test("vectors have length 1, or are zero when nothing is known", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "grapheme", maxLength: 50 })), async (texts) => {
        const vectors = await embedder.embed(texts);
        expect(vectors).toHaveLength(texts.length);
        for (const vector of vectors) {
          expect(vector).toHaveLength(256);
          const length = Math.sqrt(dot(vector, vector));
          expect(length === 0 || Math.abs(length - 1) < 1e-5).toBe(true);
        }
      }),
    );
    for (const text of ["", " \n", "🙂🙃", "\ud800"]) {
      expect(await embed(text)).toEqual(new Float32Array(256));
    }
  });

  test("keeps the order of many texts, and lets others run in between", async () => {
    const texts = Array.from({ length: 2_000 }, (_, index) => `note ${index} about subject ${index % 7}`);
    let turns = 0;
    let embedding = true;
    const others = (async () => {
      while (embedding) {
        turns++;
        await setImmediate();
      }
    })();
    const vectors = await embedder.embed(texts);
    embedding = false;
    await others;
    expect(turns).toBeGreaterThan(3);
    for (const index of [0, 1, 999, 1_999]) expect(vectors[index]).toEqual(await embed(texts[index] ?? ""));
  });

  test("stops when aborted, before and during the work", async () => {
    const reason = new Error("no longer needed");
    await expect(embedder.embed(["a"], { signal: AbortSignal.abort(reason) })).rejects.toThrow(reason);
    const controller = new AbortController();
    const running = embedder.embed(new Array(5_000).fill("a text that takes its time"), {
      signal: controller.signal,
    });
    controller.abort(reason);
    await expect(running).rejects.toThrow(reason);
  });

  test("reads the head of a very long text", async () => {
    const head = "sailing on the lake ".repeat(1_000);
    expect(await embed(head + "tax return ".repeat(100_000))).toEqual(await embed(head));
  });
});

describe("finding the table", () => {
  test("by path, by URL and as bytes", async () => {
    const bytes = await readFile(model);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const options = [
      { url: model },
      { url: model.href },
      { url: fileURLToPath(model) },
      { bytes },
      { bytes: shifted.subarray(1), id: "mine" },
    ];
    for (const option of options) {
      const other = await createStaticEmbedder(option);
      expect(await other.embed(["hello there"])).toEqual([await embed("hello there")]);
      expect(other.id).toBe(option.id ?? "static-256");
    }
  });

  test("names the file that is missing", async () => {
    const opening = createStaticEmbedder({ url: "/nowhere/model.bin" });
    await expect(opening).rejects.toThrow(ModelError);
    await expect(opening).rejects.toMatchObject({ code: "model_missing", message: /\/nowhere\/model\.bin/ });
  });

  test("refuses bytes that are no table", async () => {
    const bytes = new Uint8Array(await readFile(model));
    const header = (text: string) => {
      const json = new TextEncoder().encode(text);
      return Uint8Array.of(json.length, 0, 0, 0, ...json);
    };
    for (const broken of [
      new Uint8Array(),
      new Uint8Array(3),
      Uint8Array.of(255, 255, 255, 255, 1),
      bytes.subarray(0, -1),
      bytes.subarray(0, 1_000_000),
      header("no JSON"),
      header("null"),
      header('{"dim":2}'),
      header('{"dim":"2","vocab":[]}'),
    ]) {
      await expect(createStaticEmbedder({ bytes: broken })).rejects.toThrow(ModelError);
    }
  });
});
