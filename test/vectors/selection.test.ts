import { expect, test } from "vitest";
import { packFeatures } from "../../src/core/features.ts";
import { EVERYTHING } from "../../src/core/filter/filter.ts";
import type { CandidateQuery, IndexedRecord } from "../../src/core/recall-index.ts";
import { meaningInMemory } from "../../src/vectors/local/meaning.ts";
import { Pace } from "../../src/vectors/local/pace.ts";
import { Partition } from "../../src/vectors/local/partition.ts";
import { Selections } from "../../src/vectors/local/selections.ts";
import { viewOf } from "../../src/vectors/local/view.ts";

const WORDS = ["seat", "aisle", "window", "plane", "train", "night"];

/** Every tenth record is Ann's; her records follow one another in sessions of five. */
function recordAt(place: number): IndexedRecord {
  const userId = place % 10 === 0 ? "ann" : "bob";
  const wordAt = (step: number) => WORDS[(place * step + (place >> 3)) % WORDS.length] ?? "";
  const features = packFeatures({
    terms: [wordAt(1), wordAt(2), wordAt(3), wordAt(5)],
    traits: {
      speaker: null,
      session: `${userId} ${Math.floor(place / 50)}`,
      time: place,
      createdAt: place,
      importance: 0.5,
      asks: false,
      tellsTime: false,
      instructs: false,
    },
    group: {
      type: "semantic",
      namespace: null,
      userId,
      agentId: null,
      validFrom: null,
      validTo: null,
      expiresAt: null,
    },
  });
  const vector = Float32Array.of(Math.cos(place), Math.sin(place));
  const id = `record ${String(place).padStart(5, "0")}`;
  return { row: place + 1, id, entry: { embedder: "circle", vector, analyzer: "words", features } };
}

const QUERY: CandidateQuery = {
  vectors: [Float32Array.of(1, 0)],
  terms: ["window", "seat", "plane"],
  parts: [["window", "seat"], ["plane"]],
  context: true,
  all: false,
};

test.each([
  { few: true, allUpTo: 5_000 },
  { few: false, allUpTo: 100 },
])("a user among many finds the same once its words lie apart (few: $few)", async ({ allUpTo }) => {
  const partition = new Partition({ id: "circle", dimensions: 2 }, { allUpTo });
  // More than are copied at once.
  for (let place = 0; place < 25_000; place++) partition.put(recordAt(place));
  const groups = partition.groups.matching(EVERYTHING, "2026-01-01T00:00:00.000Z", "ann") ?? [];
  const selections = new Selections(partition);
  const search = async () => {
    const selection = selections.of(groups);
    const view = viewOf(selection, new Pace(), meaningInMemory(selection));
    expect(view.size).toBe(2_500);
    const { rows, cosines, words, partWords, lengths, mostWords } = await view.candidates(QUERY);
    expect(Math.max(...words)).toBeGreaterThan(0);
    const ids = rows.map(({ id }) => id);
    return { ids, cosines, words, partWords, lengths, mostWords, count: view.countWith(["window"]) };
  };
  const first = await search();
  expect(await search()).toEqual(first);
  expect(await search()).toEqual(first);
});
