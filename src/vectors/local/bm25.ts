/** BM25 as Robertson and others gave it, with the usual constants. */
const K1 = 1.2;
const B = 0.75;

/** Weight of two words of the question that stand side by side in the record, as if they were one more word. */
export const PAIR = 0.3;

/** What a word that occurs without end scores, as a multiple of its weight. */
export const UTMOST = K1 + 1;

/** Inverse document frequency, in the form that is never negative: so many of `size` records have the word. */
export function weightOf(frequency: number, size: number): number {
  return Math.log(1 + (size - frequency + 0.5) / (frequency + 0.5));
}

/** What a count is compared with: higher for records longer than the mean. */
export function normOf(length: number, mean: number): number {
  return K1 * (1 - B + (B * length) / mean);
}

/** What a word of a weight gives to the score of a record that has it so many times. */
export function scoreOf(weight: number, times: number, norm: number): number {
  return (weight * times * UTMOST) / (times + norm);
}
