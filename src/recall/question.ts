import type { Instant } from "../core/time.ts";
import { type AnalyzedWord, analyze, analyzeWords, fold } from "./analyze.ts";
import { type Span, spansIn } from "./dates.ts";

/** What can be read off a question without a language model. The hints are English; without them ranking is neutral. */
export interface Question {
  readonly text: string;
  /** Its words as terms, in order and with repetitions. */
  readonly words: readonly AnalyzedWord[];
  /** The terms of each, when the text asks several questions one after the other; else none. */
  readonly parts: readonly (readonly string[])[];
  /** Somebody asks about themselves, so what an assistant said is less likely the answer. */
  readonly aboutAsker: boolean;
  /** Asks for a time, so a record that tells one is more likely the answer. */
  readonly asksWhen: boolean;
  /** The times it names. */
  readonly spans: readonly Span[];
}

const FIRST_PERSON = /\b(?:i|i'm|i've|i'd|me|my|mine|myself)\b/i;
const ABOUT_ASSISTANT =
  /\b(?:did|have|had) you\b|\byou (?:said|recommend|suggest|told|mention|gave|advise|explain|propose)|\byour (?:recommend|suggest|advice|explan|answer)/i;
const WHEN = /^\W*(?:when|since when|what (?:date|day|month|year|time)|how long ago)\b/i;

export async function readQuestion(text: string, now: Instant): Promise<Question> {
  return {
    text,
    words: analyzeWords(text),
    parts: partsOf(text),
    aboutAsker: FIRST_PERSON.test(text) && !ABOUT_ASSISTANT.test(text),
    asksWhen: WHEN.test(text),
    spans: await spansIn(text, now),
  };
}

/** Whoever asks more at once pastes a list, and each part costs as much as a question. */
const MOST_PARTS = 5;

/** Each ends with a question mark; what follows the last one counts too. */
function partsOf(text: string): string[][] {
  const parts = text
    .split(/(?<=[?？؟])/u)
    .map((part) => analyze(part))
    .filter((terms) => terms.length > 0);
  return parts.length > 1 && parts.length <= MOST_PARTS ? parts : [];
}

/** Speakers that are parts in a conversation rather than people: a question that says "user" means any user. */
const ROLES: ReadonlySet<string> = new Set(["user", "assistant", "system", "tool", "function", "developer"]);

export function isRole(speaker: string): boolean {
  return ROLES.has(speaker.toLowerCase());
}

/** Which of the speakers the text names, and the text without their names. */
export function namesIn(
  text: string,
  speakers: Iterable<string>,
): { readonly named: readonly string[]; readonly rest: string } {
  const folded = fold(text);
  const named: string[] = [];
  let rest = text;
  for (const speaker of speakers) {
    const name = fold(speaker).trim();
    if (name === "" || isRole(speaker) || !folded.includes(name)) continue;
    // Unspaced scripts have no word boundaries to look for.
    const edge = /\p{Script=Han}/u.test(name) ? "" : "(?<![\\p{L}\\p{N}])";
    const end = edge === "" ? "" : "(?![\\p{L}\\p{N}])";
    if (!new RegExp(`${edge}${literalPattern(name)}${end}`, "u").test(folded)) continue;
    named.push(speaker);
    rest = rest.replace(new RegExp(`${edge}${literalPattern(speaker.trim())}(?:['’]s)?${end}`, "giu"), " ");
  }
  return { named, rest: rest.trim() };
}

function literalPattern(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
