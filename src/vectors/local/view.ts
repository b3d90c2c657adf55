import type { CandidateQuery, Candidates, RecallView, RecordTraits } from "../../core/recall-index.ts";
import type { Meaning } from "./meaning.ts";
import { nextOf, previousOf } from "./neighbours.ts";
import { Pace } from "./pace.ts";
import type { Partition } from "./partition.ts";
import type { Selection } from "./selection.ts";
import { WordScorer } from "./words.ts";

/** Of many rows, so many are candidates by meaning and as many by words; with 100 the ranking was nearly the same. */
const BEST_BY_EACH = 300;

/**
 * Looks at the selected slots of a partition.
 *
 * @param pace of the work so far, so that what follows without a pause counts with it
 */
export function viewOf(selection: Selection, pace: Pace, meaning: Meaning): RecallView {
  const { partition, slots, sample } = selection;

  return {
    size: selection.size,
    speakers: selection.speakers,
    async candidates(query, options = {}) {
      const turn = options.signal ? new Pace(options.signal) : pace;
      const words = new WordScorer(selection, query.terms);
      await turn.rest();
      const chosen = await choose(query, words, turn);
      const scores = await words.score(chosen, query.context, turn);
      const partWords: Float64Array[] = [];
      for (const part of query.parts)
        partWords.push(await new WordScorer(selection, part).score(chosen, query.context, turn));
      await turn.rest();
      const cosines = await meaning.cosines(chosen, query.vectors, turn);
      await turn.rest();
      return found(chosen, query, { cosines, words: scores, partWords, mostWords: words.most }, turn);
    },
    countWith: (terms) => new WordScorer(selection, terms).count,
  };

  async function choose(query: CandidateQuery, words: WordScorer, turn: Pace): Promise<Uint32Array> {
    const { vectors, terms, context } = query;
    const [first] = vectors;
    if (query.all || selection.few) return slots;
    const byMeaning = first ? await meaning.nearest(first, BEST_BY_EACH, turn) : [];
    const byWords = terms.length > 0 ? await words.best(BEST_BY_EACH, turn) : [];
    await turn.rest();
    const best = sortedOnce(byMeaning, byWords);
    const around: number[] = [];
    if (context) {
      const { places } = selection.words();
      for (const slot of best) {
        const [previous, next] = [previousOf(partition, slot, places), nextOf(partition, slot, places)];
        if (previous >= 0) around.push(previous);
        if (next >= 0) around.push(next);
      }
    }
    return sortedOnce(best, around, first && terms.length > 0 ? sample : []);
  }

  function found(
    chosen: Uint32Array,
    { terms, context }: CandidateQuery,
    scores: Pick<Candidates, "cosines" | "words" | "partWords" | "mostWords">,
    turn: Pace,
  ): Candidates {
    return {
      ...scores,
      rows: traitsOf(partition, chosen),
      lengths: lengthsOf(partition, chosen),
      matched(candidate) {
        const own = new Set(partition.words.of(chosen[candidate] ?? 0));
        return [...new Set(terms)].filter((term) => own.has(partition.words.table.number(term) ?? -1));
      },
      async related(candidate) {
        const asked = new Set(terms.map((term) => partition.words.table.number(term)));
        const own = [...partition.words.of(chosen[candidate] ?? 0)].filter((number) => !asked.has(number));
        const related = await new WordScorer(selection, own).score(chosen, context, turn);
        related[candidate] = 0;
        return related;
      },
    };
  }
}

/** The numbers of the lists in rising order, each one once. */
function sortedOnce(...lists: readonly ArrayLike<number>[]): Uint32Array {
  const all = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const list of lists) {
    all.set(list, end);
    end += list.length;
  }
  all.sort();
  let count = 0;
  for (let at = 0; at < all.length; at++) {
    const value = all[at] ?? 0;
    if (at === 0 || value !== all[count - 1]) all[count++] = value;
  }
  return all.slice(0, count);
}

function traitsOf({ traits }: Partition, slots: Uint32Array): RecordTraits[] {
  const found: RecordTraits[] = [];
  for (const slot of slots) found.push(traits.at(slot));
  return found;
}

// A loop, because it runs over thousands of slots in every search: `from` with a function takes several times as long.
function lengthsOf({ lengths }: Partition, slots: Uint32Array): Uint32Array {
  const found = new Uint32Array(slots.length);
  for (let place = 0; place < slots.length; place++) found[place] = lengths.values[slots[place] ?? 0] ?? 0;
  return found;
}
