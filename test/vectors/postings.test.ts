import { expect, test } from "vitest";
import { PackedFeatures, packFeatures } from "../../src/core/features.ts";
import { Postings } from "../../src/vectors/local/postings.ts";
import { WordColumn } from "../../src/vectors/local/word-column.ts";

/** Enough for some blocks to be merged, one merger under way and one block begun. */
const SLOTS = 16 * 2_048 + 700;

/** Every slot has the first word, few slots have the last ones, and some have a word twice. */
function termsOf(slot: number): string[] {
  const terms = ["everywhere", `word ${slot % 97}`, `word ${slot % 89}`, `rare ${slot % 5_003}`];
  return slot % 7 === 0 ? [...terms, "everywhere"] : terms;
}

function featuresOf(terms: readonly string[]): PackedFeatures {
  return new PackedFeatures(
    packFeatures({
      terms,
      traits: {
        speaker: null,
        session: null,
        time: 0,
        createdAt: 0,
        importance: 0.5,
        asks: false,
        tellsTime: false,
        instructs: false,
      },
      group: {
        type: "semantic",
        namespace: null,
        userId: null,
        agentId: null,
        validFrom: null,
        validTo: null,
        expiresAt: null,
      },
    }),
  );
}

test("a word is found in every slot it stands in, however slots lie together", () => {
  const column = new WordColumn();
  const postings = new Postings(column);
  const expected = new Map<string, [slot: number, count: number][]>();
  for (let slot = 0; slot < SLOTS; slot++) {
    const terms = termsOf(slot);
    column.add(featuresOf(terms));
    postings.added();
    for (const term of new Set(terms)) {
      const all = expected.get(term) ?? [];
      all.push([slot, terms.filter((other) => other === term).length]);
      expected.set(term, all);
    }
  }
  const some = Uint32Array.from({ length: SLOTS / 50 }, (_, place) => 50 * place + (place % 3));
  const places = new Map([...some].map((slot, place) => [slot, place]));
  for (const [term, all] of expected) {
    const number = column.table.number(term) ?? -1;
    const found = postings
      .of(number)
      .flatMap(({ from, slots, counts }) =>
        [...slots].map((slot, at): [number, number] => [from + slot, counts[at] ?? 0]),
      );
    expect(found, term).toEqual(all);
    const among = all.flatMap(([slot, count]) => {
      const place = places.get(slot);
      return place === undefined ? [] : [[place, count]];
    });
    const [posting = []] = postings.among(some, [number]);
    const foundAmong = posting.flatMap(({ slots, counts }) =>
      [...slots].map((slot, at) => [slot, counts[at]]),
    );
    expect(foundAmong, term).toEqual(among);
  }
});
