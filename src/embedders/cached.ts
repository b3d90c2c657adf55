import type { Embedder } from "../core/embedder.ts";

/** The embedder, with the vectors of the last `size` texts kept, so that a question asked again needs no model. */
export function cacheEmbeddings(embedder: Embedder, size: number): Embedder {
  /** By use, the one unused for longest first. */
  const known = new Map<string, Float32Array>();

  function keep(text: string, vector: Float32Array): void {
    known.delete(text);
    known.set(text, vector);
    for (const oldest of known.keys()) {
      if (known.size <= size) return;
      known.delete(oldest);
    }
  }

  const { id, dimensions, languages, local, wordsOnly } = embedder;
  return {
    id,
    dimensions,
    local,
    ...(languages && { languages }),
    ...(wordsOnly && { wordsOnly }),
    async embed(texts, options) {
      const asked = new Set(texts.filter((text) => !known.has(text)));
      const found = new Map(texts.flatMap((text) => entry(text, known.get(text))));
      const missing = [...asked];
      const vectors = missing.length === 0 ? [] : await embedder.embed(missing, options);
      missing.forEach((text, index) => {
        found.set(text, vectors[index] as Float32Array);
      });
      for (const [text, vector] of found) keep(text, vector);
      return texts.map((text) => (found.get(text) as Float32Array).slice());
    },
  };
}

function entry(text: string, vector: Float32Array | undefined): [string, Float32Array][] {
  return vector ? [[text, vector]] : [];
}
