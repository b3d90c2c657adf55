import { expect, test } from "vitest";
import type { Embedder } from "../../src/core/embedder.ts";
import type { IndexEntry } from "../../src/core/recall-index.ts";
import { renewEntries } from "../../src/embedded/maintenance.ts";
import { createIndexer } from "../../src/recall/indexer.ts";
import { createMemoryStore } from "../../src/stores/memory/index.ts";
import { at, makeEntry, makeRecord, putRecord } from "../../src/testing/build.ts";

const TENANT = "acme";

/** Counts letters, and notes what it was asked. */
function letterEmbedder(): Embedder & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    id: "letters-1",
    dimensions: 1,
    local: true,
    asked,
    async embed(texts) {
      asked.push(...texts);
      return texts.map(() => Float32Array.of(1));
    },
  };
}

test("entries of another maker are renewed, and only what has no vector of the embedder is embedded", async () => {
  const store = createMemoryStore();
  const embedder = letterEmbedder();
  const indexer = createIndexer(embedder);
  const { analyzer } = indexer;
  const own = { embedder: embedder.id, vector: Float32Array.of(-1) };
  const put = (id: string, part: Partial<IndexEntry>, expiresAt: string | null = null) =>
    putRecord(makeRecord(id, { expiresAt }), { entry: makeEntry(part) });
  const writes = [
    put("current", { ...own, analyzer }),
    put("other analyser", own),
    put("other embedder", { analyzer }),
    put("waiting", { ...own, vector: null }),
    put("expired", own, at(5)),
  ];
  await store.write(TENANT, { writes, now: at(0) });
  await renewEntries({ records: store, indexer }, () => false);
  expect(await store.staleEntries(TENANT, { embedder: embedder.id, analyzer, limit: 9 })).toEqual([]);
  expect(embedder.asked.toSorted()).toEqual(["The text of other embedder", "The text of waiting"]);
  const entries = new Map(
    (await store.indexed(TENANT, { afterRow: 0, limit: 9 })).map(({ id, entry }) => [id, entry] as const),
  );
  const renewed = writes.slice(1).map(({ record }) => ({
    ...entries.get(record.id),
    features: Buffer.compare(entries.get(record.id)?.features ?? Buffer.of(), indexer.features(record)),
  }));
  const made = { embedder: embedder.id, analyzer, features: 0 };
  expect(renewed).toEqual([
    { ...made, vector: Float32Array.of(-1) },
    { ...made, vector: Float32Array.of(1) },
    { ...made, vector: Float32Array.of(1) },
    { ...made, vector: Float32Array.of(-1) },
  ]);
});
