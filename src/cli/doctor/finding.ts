import type { Environment, Settings } from "../../config/settings.ts";

/** What one look at one thing found. */
export interface Finding {
  /** What was looked at, for example `node` or `file`. */
  readonly check: string;
  readonly status: "ok" | "warning" | "problem";
  /** One sentence. */
  readonly message: string;
  /** What to do about it; null when all is well. */
  readonly remedy: string | null;
}

/** What checks look at. */
export interface CheckContext {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/** Looks at one thing. What it throws counts as a problem of that thing. */
export type Check = (context: CheckContext) => Promise<Finding[]>;

export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message, remedy: null };
}

export function warning(check: string, message: string, remedy: string): Finding {
  return { check, status: "warning", message, remedy };
}

export function problem(check: string, message: string, remedy: string): Finding {
  return { check, status: "problem", message, remedy };
}
