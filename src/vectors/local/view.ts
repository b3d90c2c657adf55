import type { CandidateQuery, Candidates, RecallView } from "../../core/recall-index.ts";
import { neighboursOf } from "./neighbours.ts";
import { Pace } from "./pace.ts";
import type { Partition } from "./partition.ts";
import { WordScorer } from "./words.ts";

/** Up to so many rows all are candidates: scoring them takes some 10 milliseconds. */
const ALL_UP_TO = 5_000;

/** Of more rows, so many are candidates by meaning and as many by words; with 100 the ranking was nearly the same. */
const BEST_BY_EACH = 300;

/** And so many more from all over, so that the lowest and the usual scores are known too. */
const SAMPLE = 500;

const NO_VECTOR = 2 ** 32 - 1;

/** Looks at the given slots of a partition. */
export async function viewOf(
  partition: Partition,
  slots: Uint32Array,
  signal?: AbortSignal,
): Promise<RecallView> {
  const pace = new Pace(signal);
  const allowed = new Uint8Array(partition.slots.length);
  const speaking = new Uint8Array(partition.speakers.length);
  for (const slot of slots) {
    allowed[slot] = 1;
    const speaker = partition.speakerOf.values[slot] ?? -1;
    if (speaker >= 0) speaking[speaker] = 1;
    if (pace.dueInLoop) await pace.rest();
  }
  const speakers = new Set(partition.speakers.filter((_, number) => speaking[number] === 1));
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
    const { vectors, terms, context } = query;
    const [first] = vectors;
    if (query.all || slots.length <= ALL_UP_TO) return slots;
    const byMeaning = first ? await nearest(first, turn) : [];
    const byWords = terms.length > 0 ? await words.best(terms, BEST_BY_EACH, turn) : [];
    const chosen = new Set([...byMeaning, ...byWords]);
    if (context) {
      const { previous, next } = neighboursOf(partition, chosen, allowed);
      for (const slot of [...chosen]) {
        for (const beside of [previous[slot] ?? -1, next[slot] ?? -1]) if (beside >= 0) chosen.add(beside);
      }
    }
    if (first && terms.length > 0) for (const slot of sample) chosen.add(slot);
    return Uint32Array.from(chosen).sort();
  }

  async function nearest(vector: Float32Array, turn: Pace): Promise<number[]> {
    const vectorOf = partition.vectorOf.values;
    // As unsigned numbers -1 lies beyond every vector.
    const numbers = slots.map((slot) => vectorOf[slot] ?? -1).filter((number) => number < NO_VECTOR);
    const found = await partition.vectors.nearest(vector, numbers, BEST_BY_EACH, turn);
    return found.map(({ row }) => partition.slotOfVector.values[row] ?? 0);
  }

  async function score(chosen: Uint32Array, query: CandidateQuery, turn: Pace): Promise<Candidates> {
    const { vectors, terms, context } = query;
    const found = Array.from(chosen, (slot) => partition.slots[slot]).filter((slot) => slot !== undefined);
    const vectorOf = partition.vectorOf.values;
    const numbers = Int32Array.from(chosen, (slot) => vectorOf[slot] ?? -1);
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
      lengths: Uint32Array.from(chosen, (slot) => partition.lengths.values[slot] ?? 0),
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
