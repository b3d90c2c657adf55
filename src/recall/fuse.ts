/** Stretches values to [0, 1]: the lowest gives 0, the highest 1. Equal values all give 0. */
export function minMax(values: ArrayLike<number>): Float64Array {
  return stretch(values, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
}

/**
 * As `minMax`, but 0 stays 0 unless something lies below it, and nothing below `least` is stretched to 1. Among thousands
 * of records some always fit badly and one well, and it makes no difference; among three, chance would decide instead.
 */
export function minMaxFromZero(values: ArrayLike<number>, least = 0): Float64Array {
  return stretch(values, 0, least);
}

function stretch(values: ArrayLike<number>, lowest: number, least: number): Float64Array {
  let [low, high] = [lowest, least];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const range = high - low;
  const stretched = new Float64Array(values.length);
  if (range > 0)
    for (let index = 0; index < values.length; index++)
      stretched[index] = ((values[index] ?? 0) - low) / range;
  return stretched;
}

/** The highest of the values that are above 0, or 0. */
export function highest(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 0; index < values.length; index++) best = Math.max(best, values[index] ?? 0);
  return best;
}

/**
 * Weight of meaning against words. Equal parts of min-max scores found most on every set measured; ranks instead of scores
 * (reciprocal rank fusion) found less than words alone.
 */
export const MEANING_WEIGHT = 0.5;

/** The weight when the question is in a language the embedder was not made for: its cosines then say little. */
export const FOREIGN_MEANING_WEIGHT = 0.1;

/** The weight of meaning for a question, given the languages of the embedder (left out: any). */
export function meaningWeight(text: string, languages: readonly string[] | undefined): number {
  if (languages === undefined) return MEANING_WEIGHT;
  const scripts = new Set(languages.map((language) => new Intl.Locale(language).maximize().script));
  return isForeign(text, scripts) ? FOREIGN_MEANING_WEIGHT : MEANING_WEIGHT;
}

/** True when fewer than half of the letters belong to the scripts. */
function isForeign(text: string, scripts: ReadonlySet<string | undefined>): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  const known = letters.filter((letter) => [...scripts].some((script) => script && inScript(letter, script)));
  return known.length * 2 < letters.length;
}

const patterns = new Map<string, RegExp>();

/** `script` as ISO 15924, for example `Latn`; the compound ones of Japanese, Korean and Chinese by their parts. */
function inScript(letter: string, script: string): boolean {
  let pattern = patterns.get(script);
  if (!pattern) {
    const parts = COMPOUND[script] ?? [script];
    pattern = new RegExp(parts.map((part) => `\\p{Script=${part}}`).join("|"), "u");
    patterns.set(script, pattern);
  }
  return pattern.test(letter);
}

const COMPOUND: Readonly<Record<string, readonly string[]>> = {
  Hans: ["Hani"],
  Hant: ["Hani"],
  Jpan: ["Hani", "Hira", "Kana"],
  Kore: ["Hang", "Hani"],
};
