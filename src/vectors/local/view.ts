import type { CandidateQuery, Candidates, RecallView } from "../../core/recall-index.ts";
import { nextOf, previousOf } from "./neighbours.ts";
import { Pace } from "./pace.ts";
import type { Selection } from "./selection.ts";
import { WordScorer } from "./words.ts";

/** Of many rows, so many are candidates by meaning and as many by words; with 100 the ranking was nearly the same. */
const BEST_BY_EACH = 300;

/** Looks at the selected slots of a partition. */
export function viewOf(selection: Selection): RecallView {
  const { partition, slots, allowed, sample } = selection;

  return {
    size: slots.length,
    speakers: selection.speakers,
    async candidates(query, options = {}) {
      const turn = new Pace(options.signal);
      const words = new WordScorer(selection, query.terms);
      const chosen = await choose(query, words, turn);
      return score(chosen, query, words, turn);
    },
    countWith: (terms) => new WordScorer(selection, terms).count,
  };

  async function choose(query: CandidateQuery, words: WordScorer, turn: Pace): Promise<Uint32Array> {
    const { vectors, terms, context } = query;
    const [first] = vectors;
    if (query.all || selection.few) return slots;
    const byMeaning = first ? await nearest(first, turn) : [];
    const byWords = terms.length > 0 ? await words.best(BEST_BY_EACH, turn) : [];
    const chosen = new Set([...byMeaning, ...byWords]);
    if (context) {
      for (const slot of [...chosen]) {
        const [previous, next] = [previousOf(partition, slot, allowed), nextOf(partition, slot, allowed)];
        if (previous >= 0) chosen.add(previous);
        if (next >= 0) chosen.add(next);
      }
    }
    if (first && terms.length > 0) for (const slot of sample) chosen.add(slot);
    return Uint32Array.from(chosen).sort();
  }

  async function nearest(vector: Float32Array, turn: Pace): Promise<number[]> {
    const found = await partition.vectors.nearest(vector, selection.vectors, BEST_BY_EACH, turn);
    return found.map(({ row }) => partition.slotOfVector.values[row] ?? 0);
  }

  async function score(
    chosen: Uint32Array,
    query: CandidateQuery,
    words: WordScorer,
    turn: Pace,
  ): Promise<Candidates> {
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
      words: await words.score(chosen, context, turn),
      lengths: Uint32Array.from(chosen, (slot) => partition.lengths.values[slot] ?? 0),
      mostWords: words.most,
      matched(candidate) {
        const own = new Set(partition.postings.termsOf(chosen[candidate] ?? -1));
        return [...new Set(terms)].filter((term) => own.has(partition.postings.number(term) ?? -1));
      },
    };
  }
}
