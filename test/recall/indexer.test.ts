import { expect, test } from "vitest";
import { analyze } from "../../src/recall/analyze.ts";
import { createIndexer } from "../../src/recall/indexer.ts";
import { makeRecord } from "../../src/testing/build.ts";

const embedder = {
  id: "length",
  dimensions: 1,
  local: true,
  embed: async (texts: readonly string[]) => texts.map((text) => Float32Array.of(text.length)),
};

const WORDS = Array.from({ length: 3_000 }, (_, number) => `travelling${number.toString(36)}s`).join(" ");

test("many long texts are analysed in turns, and each gets its own entry", async () => {
  const indexer = createIndexer(embedder);
  const records = Array.from({ length: 40 }, (_, place) =>
    makeRecord(`r${place}`, { text: `${WORDS} number${place}` }),
  );
  expect(analyze(WORDS)).toHaveLength(3_000);
  let turns = 0;
  const count = () => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const entries = await indexer.entries(records);
  clearImmediate(next);
  // Some hundred thousand words take many times as long as a turn, on any machine.
  expect(turns).toBeGreaterThan(2);
  expect(entries.map(({ vector }) => vector?.[0])).toEqual(records.map(({ text }) => text.length));
  expect(entries.map(({ features }) => features)).toEqual(records.map((record) => indexer.features(record)));
});

test("analysing ends when it is broken off", async () => {
  const indexer = createIndexer(embedder);
  const records = Array.from({ length: 40 }, (_, place) => makeRecord(`r${place}`, { text: WORDS }));
  const controller = new AbortController();
  setImmediate(() => controller.abort(new Error("enough")));
  await expect(indexer.entries(records, { signal: controller.signal })).rejects.toThrow("enough");
});
