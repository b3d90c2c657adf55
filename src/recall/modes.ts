import type { Embedder } from "../core/embedder.ts";
import { UnsupportedError } from "../core/errors.ts";
import type { Explanation, RecallMode, RecallRequest } from "../core/recall.ts";
import type { CandidateQuery, Candidates, RecallView } from "../core/recall-index.ts";
import { clampScore, distanceFromCosine, scoreFromCosine } from "../core/score.ts";
import { type AnalyzedWord, analyzeWords } from "./analyze.ts";
import { confidence, relevance } from "./confidence.ts";
import { FOREIGN_MEANING_WEIGHT, highest, isForeign, MEANING_WEIGHT } from "./fuse.ts";
import { namesIn, readQuestion } from "./question.ts";
import { type Ranking, rank } from "./rank.ts";
import { bestOf, reranked } from "./rerank.ts";
import { fuseWords } from "./word-scores.ts";

/** What a mode makes of candidates, in columns. */
export interface Found {
  readonly ids: readonly string[];
  /** In [0, 1]. */
  readonly scores: Float64Array;
  /** What to order by: finer than the scores, and in the same order. */
  readonly order: Float64Array | Float32Array;
  /** Cosine distances; null in keyword mode. */
  readonly distances: Float64Array | null;
  /** How many there are with those that are no candidates. */
  readonly total: number;
  readonly confidence: number;
  explain(index: number): Explanation;
}

/** A request made ready: which candidates to ask for, and what to make of them. */
export interface Finder {
  readonly query: Omit<CandidateQuery, "all">;
  read(candidates: Candidates): Promise<Found>;
}

/** What modes work with beside the index. */
export interface ModeParts {
  readonly embedder: Embedder;
  /** What a reranker says of some records for a question: a score for each. Null without a reranker. */
  readonly judge: Judge | null;
}

type Judge = (
  question: string,
  ids: readonly string[],
  request: RecallRequest,
) => Promise<readonly (number | null)[]>;

type Mode = (request: RecallRequest, view: RecallView, parts: ModeParts) => Promise<Finder>;

/** By cosine alone. */
const byMeaning: Mode = async ({ text, signal }, view, { embedder }) => {
  if (embedder.wordsOnly)
    throw new UnsupportedError("Searching by meaning needs an embedder, and this memory has none.");
  const vectors = await embedder.embed([text], signal ? { signal } : {});
  return {
    query: { vectors, terms: [], parts: [], context: false },
    async read({ rows, cosines: [cosines = new Float32Array(0)] }) {
      const scores = mapped(cosines, scoreFromCosine);
      return {
        ids: rows.map(({ id }) => id),
        scores,
        order: cosines,
        distances: mapped(cosines, distanceFromCosine),
        total: view.size,
        confidence: highest(scores),
        explain: (index) => ({
          similarity: cosines[index] ?? 0,
          words: null,
          parts: { meaning: scores[index] ?? 0 },
          matched: [],
        }),
      };
    },
  };
};

/** By BM25 alone; what has none of the words is no hit. */
const byWords: Mode = async ({ text }, view) => {
  const asked = analyzeWords(text);
  const terms = asked.map(({ term }) => term);
  return {
    query: { vectors: [], terms, parts: [], context: false },
    async read(candidates) {
      const { rows, mostWords } = candidates;
      const hits = [...rows.keys()].filter((index) => (candidates.words[index] ?? 0) > 0);
      const words = Float64Array.from(hits, (index) => candidates.words[index] ?? 0);
      const scores = words.map((value) => clampScore(value / (mostWords || 1)));
      return {
        ids: hits.map((index) => rows[index]?.id ?? ""),
        scores,
        order: words,
        distances: null,
        total: view.countWith(terms),
        confidence: highest(scores),
        explain: (index) => ({
          similarity: null,
          words: words[index] ?? 0,
          parts: { words: scores[index] ?? 0 },
          matched: matched(asked, candidates, hits[index] ?? 0),
        }),
      };
    },
  };
};

/** By everything: the default. */
const byEverything: Mode = async (request, view, { embedder, judge }) => {
  const { text, now, signal, hybridAlpha } = request;
  const question = await readQuestion(text, now);
  const { named, rest } = namesIn(text, view.speakers);
  // Who is named is matched with the speakers; by meaning the name would only stand in the way.
  const asked = named.length > 0 && rest !== "" ? rest : text;
  const texts = asked === text ? [text] : [asked, text];
  const vectors = await embedder.embed(texts, signal ? { signal } : {});
  const foreign = isForeign(text, embedder.languages);
  const weight = hybridAlpha ?? (foreign ? FOREIGN_MEANING_WEIGHT : MEANING_WEIGHT);
  const meaning = embedder.wordsOnly ? 0 : weight;
  const terms = question.words.map(({ term }) => term);
  return {
    query: { vectors, terms, parts: question.parts, context: true },
    async read(candidates) {
      const words = await fuseWords(candidates, foreign);
      const first = rank(candidates, question, { named, meaning, words });
      const ranking = judge ? await again(candidates.rows, first, judge) : first;
      const sure = confidence(candidates, ranking, named);
      const similarities = candidates.cosines.at(-1) ?? new Float32Array(0);
      return {
        ids: candidates.rows.map(({ id }) => id),
        scores: relevance(ranking, sure),
        order: ranking.scores,
        distances: mapped(similarities, distanceFromCosine),
        total: view.size,
        confidence: sure,
        explain: (index) => ({
          similarity: similarities[index] ?? 0,
          words: candidates.words[index] ?? 0,
          parts: Object.fromEntries([...ranking.parts].map(([name, part]) => [name, part[index] ?? 0])),
          matched: matched(question.words, candidates, index),
        }),
      };
    },
  };

  /** The ranking with what the reranker says of the best. */
  async function again(rows: Candidates["rows"], first: Ranking, judge: Judge): Promise<Ranking> {
    const best = bestOf(first);
    const ids = best.map((place) => rows[place]?.id ?? "");
    return reranked(rows, first, best, await judge(asked, ids, request));
  }
};

export const MODES: Readonly<Record<RecallMode, Mode>> = {
  semantic: byMeaning,
  keyword: byWords,
  hybrid: byEverything,
};

/** `Float64Array.from` takes ten times as long, for there are thousands in every search. */
function mapped(values: Float32Array, map: (value: number) => number): Float64Array {
  const results = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) results[index] = map(values[index] ?? 0);
  return results;
}

/** The words of the question that the candidate itself has. */
function matched(asked: readonly AnalyzedWord[], candidates: Candidates, index: number): string[] {
  const terms = new Set(candidates.matched(index));
  return [...new Set(asked.filter(({ term }) => terms.has(term)).map(({ word }) => word))];
}
