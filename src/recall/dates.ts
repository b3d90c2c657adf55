import { type Instant, toMilliseconds } from "../core/time.ts";

const DAY = 86_400_000;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** A date as people write it: `8 May 2023`. Makes "in May" and "2023" words that a record can be found by. */
export function dateInWords(milliseconds: number): string {
  const date = new Date(milliseconds);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** A span of time a question speaks of: `from` up to and without `to`, in milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** True when no year was said: the same days of every year are meant. */
  readonly everyYear: boolean;
}

/** Without one of these there is no date to look for, and the date parser need not be loaded. */
const HINT =
  /\d|\b(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)\b|january|february|march|april|june|july|august|september|october|november|december|yesterday|today|tonight|tomorrow|last|past|ago|this|next|day|week|month|year)/i;

/** Dates stand near each other in questions; longer texts are not questions, and parsing them takes long. */
const LONGEST_QUESTION = 500;

/**
 * The days, weeks and months an English text names, relative ones counted from `now`. A weekday or a time of day alone is
 * too vague to count.
 */
export async function spansIn(text: string, now: Instant): Promise<Span[]> {
  const question = text.slice(0, LONGEST_QUESTION);
  if (!HINT.test(question)) return [];
  const { parse } = await import("chrono-node/en");
  return parse(question, { instant: new Date(toMilliseconds(now)), timezone: "UTC" }).flatMap((result) => {
    const first = firstDay(result.start);
    if (!first) return [];
    const last = (result.end && firstDay(result.end)) ?? first;
    if (last.from < first.from) return [first];
    return [{ from: first.from, to: last.to, everyYear: first.everyYear && last.everyYear }];
  });
}

interface ParsedDate {
  isCertain(component: "year" | "month" | "day"): boolean;
  get(component: "year" | "month" | "day"): number | null;
}

function firstDay(date: ParsedDate): Span | null {
  if (!date.isCertain("month")) return null;
  const [year, month] = [date.get("year") ?? 1970, (date.get("month") ?? 1) - 1];
  const everyYear = !date.isCertain("year");
  if (!date.isCertain("day"))
    return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1), everyYear };
  const from = Date.UTC(year, month, date.get("day") ?? 1);
  return { from, to: from + DAY, everyYear };
}

/** People tell of a thing in the days after it more than before it, and the interest fades within about a week. */
const FADING_DAYS = 7;
const BEFORE_COUNTS = 2;

/** How near an instant is to the spans: 1 inside one, falling towards 0 with the days to the nearest. */
export function nearness(milliseconds: number, spans: readonly Span[]): number {
  let best = 0;
  for (const span of spans) {
    for (const shift of span.everyYear ? yearShifts(milliseconds, span) : [0]) {
      const { from, to } = span;
      const days =
        milliseconds < from + shift
          ? ((from + shift - milliseconds) / DAY) * BEFORE_COUNTS
          : Math.max(0, (milliseconds - to - shift) / DAY);
      best = Math.max(best, Math.exp(-days / FADING_DAYS));
    }
  }
  return best;
}

/** What to add to a span to move it into the year of the instant, the one before and the one after. */
function yearShifts(milliseconds: number, { from }: Span): number[] {
  const year = new Date(milliseconds).getUTCFullYear();
  const start = new Date(from);
  return [-1, 0, 1].map((offset) => {
    const moved = new Date(start);
    moved.setUTCFullYear(year + offset);
    return moved.getTime() - from;
  });
}
