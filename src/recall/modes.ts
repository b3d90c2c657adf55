import type { Embedder } from "../core/embedder.ts";
import type { Explanation, RecallRequest } from "../core/recall.ts";
import type { CandidateQuery, Candidates, RecallView } from "../core/recall-index.ts";
import { clampScore, distanceFromCosine, scoreFromCosine } from "../core/score.ts";
import { type AnalyzedWord, analyzeWords } from "./analyze.ts";
import { confidence, relevance } from "./confidence.ts";
import { highest, meaningWeight } from "./fuse.ts";
import { namesIn, readQuestion } from "./question.ts";
import { rank } from "./rank.ts";

/** What a mode found, in columns. */
export interface Found {
  readonly ids: readonly string[];
  /** In [0, 1]. */
  readonly scores: Float64Array;
  /** What to order by where scores are too coarse for it. Default: the scores. */
  readonly order?: Float64Array | Float32Array;
  /** Cosine distances; null in keyword mode. */
  readonly distances: Float64Array | null;
  /** How many there are beside the candidates, these included. */
  readonly total: number;
  readonly confidence: number;
  explain(index: number): Explanation;
}

/** By cosine alone. */
export async function findByMeaning(
  request: RecallRequest,
  view: RecallView,
  embedder: Embedder,
): Promise<Found> {
  const vectors = await embed(embedder, [request.text], request.signal);
  // A threshold must count all rows that pass it, not only the best.
  const cut = request.maxDistance !== undefined || (request.minScore ?? 0) > 0;
  const candidates = await view.candidates(
    { vectors, terms: [], context: false, atLeast: cut ? view.size : wanted(request) },
    signalOf(request),
  );
  const cosines = candidates.cosines[0] ?? new Float32Array(0);
  const scores = Float64Array.from(cosines, scoreFromCosine);
  return {
    ids: candidates.rows.map(({ id }) => id),
    scores,
    order: cosines,
    distances: Float64Array.from(cosines, distanceFromCosine),
    total: view.size,
    confidence: highest(scores),
    explain: (index) => ({
      similarity: cosines[index] ?? 0,
      words: null,
      parts: { meaning: scores[index] ?? 0 },
      matched: [],
    }),
  };
}

/** By BM25 alone; a hit has at least one of the words. */
export async function findByWords(request: RecallRequest, view: RecallView): Promise<Found> {
  const asked = analyzeWords(request.text);
  const terms = asked.map(({ term }) => term);
  const all = await view.candidates(
    {
      vectors: [],
      terms,
      context: false,
      atLeast: (request.minScore ?? 0) > 0 ? view.size : wanted(request),
    },
    signalOf(request),
  );
  const hits = [...all.words.keys()].filter((index) => (all.words[index] ?? 0) > 0);
  const words = Float64Array.from(hits, (index) => all.words[index] ?? 0);
  const scores = words.map((value) => clampScore(value / (all.mostWords || 1)));
  return {
    ids: hits.map((index) => all.rows[index]?.id ?? ""),
    scores,
    order: words,
    distances: null,
    total: view.countWith(terms),
    confidence: highest(scores),
    explain: (index) => ({
      similarity: null,
      words: words[index] ?? 0,
      parts: { words: scores[index] ?? 0 },
      matched: matched(asked, all, hits[index] ?? 0),
    }),
  };
}

/** By everything: the default. */
export async function findHybrid(
  request: RecallRequest,
  view: RecallView,
  embedder: Embedder,
): Promise<Found> {
  const { text, now } = request;
  const question = await readQuestion(text, now);
  const { named, rest } = namesIn(text, view.speakers);
  // Who is named is matched with the speakers; in the vector the name would only stand in the way.
  const texts = named.length > 0 && rest !== "" ? [rest, text] : [text];
  const query: CandidateQuery = {
    vectors: await embed(embedder, texts, request.signal),
    terms: question.words.map(({ term }) => term),
    context: true,
    atLeast: wanted(request),
  };
  const candidates = await view.candidates(query, signalOf(request));
  const meaning = request.hybridAlpha ?? meaningWeight(text, embedder.languages);
  const ranking = rank(candidates, question, { named, meaning });
  const sure = confidence(candidates, ranking, named);
  const similarities = candidates.cosines.at(-1) ?? new Float32Array(0);
  return {
    ids: candidates.rows.map(({ id }) => id),
    scores: relevance(ranking, sure),
    order: ranking.scores,
    distances: Float64Array.from(similarities, distanceFromCosine),
    total: view.size,
    confidence: sure,
    explain: (index) => ({
      similarity: similarities[index] ?? 0,
      words: candidates.words[index] ?? 0,
      parts: Object.fromEntries([...ranking.parts].map(([name, part]) => [name, part[index] ?? 0])),
      matched: matched(question.words, candidates, index),
    }),
  };
}

/** Enough candidates for the page that was asked for, and for ranking to choose from. */
function wanted({ offset, limit }: RecallRequest): number {
  return offset + limit;
}

function matched(asked: readonly AnalyzedWord[], candidates: Candidates, index: number): string[] {
  const terms = new Set(candidates.matched(index));
  return [...new Set(asked.filter(({ term }) => terms.has(term)).map(({ word }) => word))];
}

async function embed(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  return embedder.embed(texts, signal ? { signal } : {});
}

function signalOf({ signal }: RecallRequest): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}
