import { setImmediate } from "node:timers/promises";
import type { Embedder, TokenVectors } from "../core/embedder.ts";
import { ValidationError } from "../core/errors.ts";
import type { Reranker } from "../core/reranker.ts";

/** Tokens whose vectors are kept, of the texts seen last: with 384 dimensions some 90 MB. */
const KEPT = 60_000;

/**
 * Late interaction: for each token of the question the highest cosine with a token of the text, on average (MaxSim, from
 * "ColBERT", Khattab and Zaharia, 2020). Reads of a text what the embedder reads. The token vectors of the texts seen last are
 * kept.
 *
 * @throws ValidationError for an embedder without token vectors
 */
export function createLateInteraction(embedder: Embedder): Reranker {
  if (!embedder.embedTokens)
    throw ValidationError.of(
      "reranker",
      `late-interaction needs token vectors, which ${embedder.id} has not`,
    );
  /** By use, the text unused for longest first. */
  const kept = new Map<string, TokenVectors>();
  let tokens = 0;

  async function tokensOf(text: string, signal: AbortSignal | undefined): Promise<TokenVectors> {
    const known = kept.get(text);
    const vectors = known ?? (await embedder.embedTokens?.([text], signal ? { signal } : {}))?.[0];
    if (!vectors) return { tokens: 0, data: new Float32Array() };
    if (kept.delete(text)) tokens -= vectors.tokens;
    kept.set(text, vectors);
    tokens += vectors.tokens;
    for (const [oldest, { tokens: fewer }] of kept) {
      if (tokens <= KEPT) break;
      kept.delete(oldest);
      tokens -= fewer;
    }
    return vectors;
  }

  return {
    name: "late-interaction",
    ...(embedder.languages && { languages: embedder.languages }),
    async rerank(question, texts, { signal } = {}) {
      const asked = await tokensOf(question, signal);
      const scores: (number | null)[] = [];
      for (const text of texts) {
        // A long text takes some milliseconds, and between two of them others may run.
        await setImmediate();
        signal?.throwIfAborted();
        const said = await tokensOf(text, signal);
        scores.push(
          asked.tokens === 0 || said.tokens === 0 ? null : maxSim(asked, said, embedder.dimensions),
        );
      }
      return scores;
    },
  };
}

function maxSim(asked: TokenVectors, said: TokenVectors, dimensions: number): number {
  let sum = 0;
  for (let from = 0; from < asked.data.length; from += dimensions) {
    let best = -1;
    for (let at = 0; at < said.data.length; at += dimensions) {
      let cosine = 0;
      for (let index = 0; index < dimensions; index++)
        cosine += (asked.data[from + index] ?? 0) * (said.data[at + index] ?? 0);
      if (cosine > best) best = cosine;
    }
    sum += best;
  }
  return sum / asked.tokens;
}
