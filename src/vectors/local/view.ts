import type { CandidateQuery, Candidates, RecallView } from "../../core/recall-index.ts";
import { Neighbours } from "./neighbours.ts";
import { Pace } from "./pace.ts";
import type { Partition } from "./partition.ts";
import { WordScorer } from "./words.ts";

/** Up to so many rows all are candidates: scoring them takes a few milliseconds. */
const ALL_UP_TO = 20_000;

/** Of more rows, so many are candidates by meaning and as many by words; with 100 the ranking was the same already. */
const BEST_BY_EACH = 300;

/** And so many more from all over, so that the lowest and the usual scores are known too. */
const SAMPLE = 500;

/** Looks at the given slots of a partition. */
export async function viewOf(
  partition: Partition,
  slots: Uint32Array,
  signal?: AbortSignal,
): Promise<RecallView> {
  const pace = new Pace(signal);
  const allowed = new Uint8Array(partition.slots.length);
  const speakers = new Set<string>();
  for (const slot of slots) {
    allowed[slot] = 1;
    const speaker = partition.slots[slot]?.traits.speaker ?? null;
    if (speaker !== null) speakers.add(speaker);
    if (pace.due) await pace.rest();
  }
  const sample = slots.length <= ALL_UP_TO ? slots : everyNth(slots, SAMPLE);
  const words = new WordScorer(partition, allowed, slots.length, sample);

  return {
    size: slots.length,
    speakers,
    async candidates(query, options = {}) {
      const turn = new Pace(options.signal);
      const chosen = await choose(query, turn);
      return score(chosen, query, turn);
    },
    countWith: (terms) => words.countWith(terms),
  };

  async function choose(query: CandidateQuery, turn: Pace): Promise<Uint32Array> {
    const { vectors, terms, context, atLeast } = query;
    if (slots.length <= ALL_UP_TO || atLeast >= slots.length) return slots;
    const limit = Math.max(BEST_BY_EACH, atLeast);
    const [first] = vectors;
    const byMeaning = first ? await nearest(first, limit, turn) : [];
    const byWords = terms.length > 0 ? await words.best(terms, limit, turn) : [];
    const chosen = new Set([...byMeaning, ...byWords]);
    if (context) {
      const around = new Neighbours(partition, chosen, allowed);
      for (const slot of [...chosen]) {
        for (const beside of [around.previous(slot), around.next(slot)]) if (beside >= 0) chosen.add(beside);
      }
    }
    // Words alone have a floor that is known: 0.
    if (first && terms.length > 0) for (const slot of sample) chosen.add(slot);
    const enough = first ? chosen.size >= atLeast : true;
    return enough ? Uint32Array.from(chosen).sort() : slots;
  }

  async function nearest(vector: Float32Array, limit: number, turn: Pace): Promise<number[]> {
    const numbers: number[] = [];
    for (const slot of slots) {
      const number = partition.slots[slot]?.vector ?? -1;
      if (number >= 0) numbers.push(number);
      if (turn.due) await turn.rest();
    }
    const found = await partition.vectors.nearest(vector, Uint32Array.from(numbers), limit, turn);
    return found.flatMap(({ row }) => partition.slotOfVector[row] ?? []);
  }

  async function score(chosen: Uint32Array, query: CandidateQuery, turn: Pace): Promise<Candidates> {
    const { vectors, terms, context } = query;
    const found = Array.from(chosen, (slot) => partition.slots[slot]).filter((slot) => slot !== undefined);
    const numbers = found.map(({ vector }) => vector);
    const known = Uint32Array.from(numbers.filter((number) => number >= 0));
    const cosines = vectors.map((vector) => {
      const exact = partition.vectors.cosines(vector, known);
      let at = 0;
      return Float32Array.from(numbers, (number) => (number >= 0 ? (exact[at++] ?? 0) : 0));
    });
    await turn.rest();
    return {
      rows: found.map(({ traits }) => traits),
      cosines,
      words: await words.score(chosen, terms, context, turn),
      lengths: Uint32Array.from(found, (slot) => slot.terms.length),
      mostWords: words.most(terms),
      matched(candidate) {
        const own = new Set(found[candidate]?.terms);
        return [...new Set(terms)].filter((term) => own.has(partition.postings.number(term) ?? -1));
      },
    };
  }
}

function everyNth(slots: Uint32Array, count: number): Uint32Array {
  return Uint32Array.from(
    { length: count },
    (_, index) => slots[Math.floor((index * slots.length) / count)] ?? 0,
  );
}
