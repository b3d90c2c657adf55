import { ValidationError } from "./errors.ts";

/**
 * Where nothing is given there is nothing wrong.
 * @throws ValidationError naming the option.
 */
export function checkWholeNumber(
  value: unknown,
  path: string | readonly string[],
  most = Number.MAX_SAFE_INTEGER,
): void {
  if (value === undefined) return;
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most) return;
  const limit = most === Number.MAX_SAFE_INTEGER ? "0 or more" : `from 0 to ${most}`;
  throw ValidationError.of(path, `must be a whole number, ${limit}`, value);
}

/**
 * A length of time; null stands for one that never ends, and where nothing is given there is nothing wrong.
 * @throws ValidationError naming the option.
 */
export function checkSeconds(value: unknown, path: string | readonly string[]): void {
  if (value === undefined || value === null || (typeof value === "number" && value >= 0)) return;
  throw ValidationError.of(path, "must be a number of seconds, 0 or more, or null", value);
}
