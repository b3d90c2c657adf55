import type { Embedder } from "../../core/embedder.ts";
import type { Recall, RecallHit, RecallRequest } from "../../core/recall.ts";
import type { Indexer } from "../../core/recall-index.ts";
import type { MemoryRecord } from "../../core/record.ts";
import { scoreFromCosine } from "../../core/score.ts";
import type { RecordStore } from "../../core/store.ts";

const ANALYZER = "plain-1";

/** Makes index entries with an embedder. */
export function createIndexer(embedder: Embedder): Indexer {
  return {
    embedder: embedder.id,
    analyzer: ANALYZER,
    async entries(records, options) {
      const vectors = await embedder.embed(
        records.map((record) => record.text),
        options,
      );
      return records.map((record, index) => ({
        embedder: embedder.id,
        vector: vectors[index] ?? null,
        terms: words(record.text).join(" "),
        analyzer: ANALYZER,
      }));
    },
  };
}

/** Recall by reading every row the filter leaves: the simplest thing that is right. */
export function createLocalRecall(options: { store: RecordStore; embedder: Embedder }): Recall {
  const { store, embedder } = options;
  return {
    async search(request) {
      const rows = new Set(await store.rows(request.scope.tenant, request.filter, request.now));
      const all = [];
      for (let afterRow = 0; ; ) {
        const page = await store.indexed(request.scope.tenant, { afterRow, limit: 1000 });
        all.push(...page.filter((item) => rows.has(item.row)));
        const last = page.at(-1);
        if (!last || page.length < 1000) break;
        afterRow = last.row;
      }
      return rank(
        request,
        embedder,
        all.map(({ record, entry }) => ({ id: record.id, vector: entry.vector, terms: entry.terms })),
      );
    },
    async close() {},
  };
}

/** Recall over records given to it instead of over a store. */
export async function createRecallOver(
  embedder: Embedder,
  records: readonly MemoryRecord[],
): Promise<Recall> {
  const entries = await createIndexer(embedder).entries(records);
  const rows = records.map((record, index) => ({
    id: record.id,
    vector: entries[index]?.vector ?? null,
    terms: entries[index]?.terms ?? "",
  }));
  return { search: (request) => rank(request, embedder, rows), async close() {} };
}

interface Row {
  readonly id: string;
  readonly vector: Float32Array | null;
  readonly terms: string;
}

async function rank(request: RecallRequest, embedder: Embedder, rows: readonly Row[]) {
  const [query] = await embedder.embed([request.text]);
  const wanted = new Set(words(request.text));
  const scored = rows.map((row): RecallHit => {
    const cosine =
      query && row.vector
        ? query.reduce((sum, value, index) => sum + value * (row.vector?.[index] ?? 0), 0)
        : 0;
    const terms = new Set(row.terms.split(" "));
    const share = wanted.size === 0 ? 0 : [...wanted].filter((word) => terms.has(word)).length / wanted.size;
    const alpha =
      request.mode === "semantic" ? 1 : request.mode === "keyword" ? 0 : (request.hybridAlpha ?? 0.5);
    return {
      id: row.id,
      score: alpha * scoreFromCosine(cosine) + (1 - alpha) * share,
      distance: request.mode === "keyword" ? null : 1 - cosine,
    };
  });
  const kept = scored.filter(
    (hit) =>
      (request.mode !== "keyword" || hit.score > 0) &&
      hit.score >= (request.minScore ?? 0) &&
      (hit.distance ?? 0) <= (request.maxDistance ?? 2),
  );
  kept.sort((left, right) => right.score - left.score || (left.id < right.id ? -1 : 1));
  const hits = kept.slice(request.offset, request.offset + request.limit);
  return { hits, total: kept.length, confidence: kept[0]?.score ?? 0 };
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
