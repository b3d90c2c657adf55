import stem from "wink-porter2-stemmer";
import { STOP_CHARACTERS, STOP_WORDS } from "./stop-words.ts";

/** Names the form of terms, traits and features: entries made by another analyser are made anew. */
export const ANALYZER = "words-4";

/** Longer runs are data rather than words, such as keys and encoded files: their beginning tells them apart. */
const LONGEST_WORD = 64;

/** Scripts that write no spaces between words. */
const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
const TOKEN = new RegExp(
  `[${UNSPACED}][${UNSPACED}\\p{M}ー]*|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+|\\p{Extended_Pictographic}`,
  "gu",
);
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");
/** A letter with the marks that belong to it. */
const CLUSTER = /\P{M}\p{M}*/gu;

/** The terms of words that were met before; null for a stop word. */
const terms = new Map<string, string | null>();
const TERMS_KEPT = 20_000;

/** A term and the folded word it comes from. */
export interface AnalyzedWord {
  readonly term: string;
  readonly word: string;
}

/** The terms of a text in any language, in order: see `analyzeWords`. */
export function analyze(text: string): string[] {
  return analyzeWords(text).map(({ term }) => term);
}

/**
 * The words of a text in any language as terms: the same for a question and for what it should find.
 *
 * Words are folded (compatibility forms, case, the accents of Latin, Greek and Cyrillic letters), English stop words are left
 * out, and words of a to z are stemmed (Porter2). Scripts without spaces give every character and every two neighbours, but
 * not Chinese particles by themselves. Emoji are words. An apostrophe joins (`don't`), except before a possessive `s`.
 */
export function analyzeWords(text: string): AnalyzedWord[] {
  const words: AnalyzedWord[] = [];
  for (const token of fold(text).match(TOKEN) ?? []) {
    const known = terms.get(token);
    if (known === undefined && STARTS_UNSPACED.test(token)) addCharacters(token, words);
    else {
      const term = known === undefined ? termOf(token) : known;
      if (term !== null) words.push({ term, word: token.slice(0, LONGEST_WORD) });
    }
  }
  return words;
}

/** Lower case without accents: two spellings of a word that a reader takes for the same become the same. */
export function fold(text: string): string {
  const joined = joinApostrophes(text.normalize("NFKC").toLowerCase());
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range
  if (/^[\x00-\x7f]*$/.test(joined)) return joined;
  return joined
    .normalize("NFD")
    .replace(/(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]\p{M}*)\p{M}/gu, "")
    .normalize("NFC");
}

function addCharacters(run: string, words: AnalyzedWord[]): void {
  let previous = "";
  for (const [character] of run.matchAll(CLUSTER)) {
    const pair = previous + character;
    if (previous !== "") words.push({ term: pair, word: pair });
    if (!STOP_CHARACTERS.has(character)) words.push({ term: character, word: character });
    previous = character;
  }
}

function joinApostrophes(text: string): string {
  if (!/['’]/.test(text)) return text;
  return text.replace(/(?<=\p{L})['’]s(?![\p{L}\p{N}])/gu, "").replace(/(?<=\p{L})['’](?=\p{L})/gu, "");
}

function termOf(token: string): string | null {
  const word = token.slice(0, LONGEST_WORD);
  const term = STOP_WORDS.has(token) ? null : /^[a-z]{3,}$/.test(word) ? stem(word) : word;
  if (terms.size >= TERMS_KEPT) terms.clear();
  // A longer token would keep all of its text in memory.
  if (token.length <= LONGEST_WORD) terms.set(token, term);
  return term;
}
