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

const ANN = { from: 0, to: 25_000, every: 10 };
const ALL = { ...ANN, every: 1 };

function selectionsOf({ from, to, every }: typeof ALL, allUpTo: number): Selections {
  const partition = new Partition({ id: "circle", dimensions: 2 }, { allUpTo });
  for (let place = from; place < to; place += every) partition.put(recordAt(place));
  return new Selections(partition);
}

/** What a search for Ann finds. */
async function search(selections: Selections) {
  const { groups } = selections.partition;
  const anns = groups.matching(EVERYTHING, "2026-01-01T00:00:00.000Z", "ann") ?? [];
  const selection = selections.of(anns);
  const view = viewOf(selection, new Pace(), meaningInMemory(selection));
  const { rows, cosines, words, partWords, lengths, mostWords } = await view.candidates(QUERY);
  expect(Math.max(...words)).toBeGreaterThan(0);
  const ids = rows.map(({ id }) => id);
  const count = view.countWith(["window"]);
  return { size: view.size, ids, cosines, words, partWords, lengths, mostWords, count };
}

test.each([
  { few: true, allUpTo: 5_000 },
  { few: false, allUpTo: 100 },
])("a user among many finds the same as alone (few: $few)", async ({ allUpTo }) => {
  const [among, alone] = [selectionsOf(ALL, allUpTo), selectionsOf(ANN, allUpTo)];
  const first = await search(alone);
  expect(first.size).toBe(2_500);
  expect(await search(among)).toEqual(first);
  expect(await search(among)).toEqual(first);
});

test("a user among many finds what was written, changed and deleted between searches", async () => {
  const [among, alone] = [selectionsOf(ALL, 5_000), selectionsOf(ANN, 5_000)];
  const before = await search(among);
  // Somebody else's: changes nothing for Ann.
  among.partition.put(recordAt(25_001));
  among.partition.remove(recordAt(11).id);
  expect(await search(among)).toEqual(before);
  for (const { partition } of [among, alone]) {
    partition.remove(recordAt(20).id);
    partition.put(recordAt(40));
    partition.put(recordAt(25_010));
  }
  const after = await search(among);
  expect(after).toEqual(await search(alone));
  expect(after).not.toEqual(before);
  expect(after.size).toBe(2_500);
});
