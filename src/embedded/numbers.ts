import { ValidationError } from "../core/errors.ts";

/** Checks a whole number inside a range. */
export function wholeNumber(
  value: unknown,
  field: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw ValidationError.of(field, "must be a whole number", value, "int_type");
  if (value < min) throw ValidationError.of(field, `must be at least ${min}`, value, "greater_than_equal");
  if (value > max) throw ValidationError.of(field, `must be at most ${max}`, value, "less_than_equal");
  return value;
}

/** Checks a number inside a range. */
export function numberBetween(value: unknown, field: string, min: number, max: number): number {
  if (typeof value !== "number" || !(value >= min && value <= max))
    throw ValidationError.of(field, `must be a number from ${min} to ${max}`, value, "float_type");
  return value;
}
