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

/** True when fewer than half of the letters belong to the scripts of the embedder's languages (left out: any). */
export function isForeign(text: string, languages: readonly string[] | undefined): boolean {
  if (languages === undefined) return false;
  const known = text.match(lettersOf(languages))?.length ?? 0;
  const letters = text.match(LETTERS)?.length ?? 0;
  return known * 2 < letters;
}

const LETTERS = /\p{L}/gu;

/** By the list of languages, which an embedder keeps: finding out their scripts takes long. */
const patterns = new WeakMap<readonly string[], RegExp>();

/** Letters of the scripts that the languages are written in. */
function lettersOf(languages: readonly string[]): RegExp {
  let pattern = patterns.get(languages);
  if (!pattern) {
    const scripts = languages.flatMap((language) => {
      const { script } = new Intl.Locale(language).maximize();
      return script === undefined ? [] : (COMPOUND[script] ?? [script]);
    });
    const any = scripts.map((script) => `\\p{Script=${script}}`).join("");
    pattern = new RegExp(`(?=\\p{L})[${any}]`, "gu");
    patterns.set(languages, pattern);
  }
  return pattern;
}

/** Scripts as ISO 15924, for example `Latn`; the compound ones of Japanese, Korean and Chinese by their parts. */
const COMPOUND: Readonly<Record<string, readonly string[]>> = {
  Hans: ["Hani"],
  Hant: ["Hani"],
  Jpan: ["Hani", "Hira", "Kana"],
  Kore: ["Hang", "Hani"],
};
