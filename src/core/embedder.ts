/** One unit vector for every token of a text, in order. */
export interface TokenVectors {
  readonly tokens: number;
  /** `tokens` times the embedder's dimensions. */
  readonly data: Float32Array;
}

/** Turns texts into unit vectors of one space. */
export interface Embedder {
  /** Names the space, for example `static-256`. Vectors of different ids are never compared. */
  readonly id: string;
  /** Length of every vector. */
  readonly dimensions: number;
  /** Languages it was made for, as BCP 47 tags; left out: any. Recall leans on words where a question is in another one. */
  readonly languages?: readonly string[];
  /** True when every vector is zero: recall goes by words, and searching by meaning alone is refused. */
  readonly wordsOnly?: boolean;
  /** True when embedding needs no network and at most some milliseconds a text, so a write may wait for it. */
  readonly local: boolean;
  /**
   * Embeds `texts` in order. A text the model cannot read, such as an empty one, gives the zero vector.
   * Every other vector has length 1, so a dot product is a cosine. A text's vector does not depend on the other texts.
   *
   * @throws ModelError when the model fails, and the signal's reason once it is aborted
   */
  embed(texts: readonly string[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>;
  /** The vectors of each text's tokens in their context, for a reranker. A text the model cannot read has none. */
  embedTokens?(texts: readonly string[], options?: { signal?: AbortSignal }): Promise<TokenVectors[]>;
}
