/** Scores how well texts answer a question, from the texts themselves: too slow for all records, worth it for the best. */
export interface Reranker {
  /** Names it, for example `late-interaction`. */
  readonly name: string;
  /**
   * A score for each text, in order: the higher the better, on whatever scale. Null for a text it cannot judge.
   *
   * @throws ModelError when the model fails, and the signal's reason once it is aborted
   */
  rerank(
    question: string,
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly (number | null)[]>;
}
