import { Cron } from "croner";
import { ValidationError } from "../core/errors.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { Schedule } from "../core/jobs.ts";
import { between } from "./check.ts";

/** When a schedule ticks, in milliseconds since 1970: the last tick not after `now`, and the one after it. */
export type Ticks = (now: number) => { readonly at: number; readonly next: number };

/** The longest time between two ticks, in seconds: a year. */
const YEAR = 366 * 86_400;

/** @throws ValidationError when the schedule has no name, or not exactly one of `every` and a valid `cron`. */
export function ticksOf(schedule: Schedule): Ticks {
  const { name, every, cron } = schedule;
  checkLabel(name, "schedules.name");
  if ((every === undefined) === (cron === undefined))
    throw ValidationError.of("schedules.every", `of ${name}: give either this or cron`);
  if (cron !== undefined) return cronTicks(cron);
  const period = between(every, "schedules.every", 1, YEAR) * 1000;
  return (now) => {
    const at = Math.floor(now / period) * period;
    return { at, next: at + period };
  };
}

function cronTicks(expression: string): Ticks {
  const cron = parse(expression);
  return (now) => {
    // Both look strictly before and after.
    const [last] = cron.previousRuns(1, new Date(Math.floor(now) + 1));
    const at = last?.getTime() ?? 0;
    return { at, next: cron.nextRun(new Date(now))?.getTime() ?? now + YEAR * 1000 };
  };
}

function parse(expression: string): Cron {
  try {
    const cron = new Cron(expression, { timezone: "UTC", paused: true, mode: "5-or-6-parts" });
    if (cron.nextRun() !== null) return cron;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw ValidationError.of("schedules.cron", `is no cron expression: ${reason}`, expression);
  }
  throw ValidationError.of("schedules.cron", "never comes", expression);
}
