/** Scores how well texts answer a question, from the texts themselves: too slow for all records, worth it for the best. */
export interface Reranker {
  /** Names it, for example `late-interaction`. */
  readonly name: string;
  /** Languages it was made for, as BCP 47 tags; left out: any. It is not asked about questions in another one. */
  readonly languages?: readonly string[];
  /**
   * A score for each text, in order: the higher the better, on whatever scale. Null for a text it cannot judge.
   *
   * @param question without the names of those who speak in the scope, which ranking compares with the speakers itself
   * @throws ModelError when the model fails, and the signal's reason once it is aborted
   */
  rerank(
    question: string,
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly (number | null)[]>;
}
