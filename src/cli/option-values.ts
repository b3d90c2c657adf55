import { InvalidArgumentError } from "commander";
import type { JsonObject } from "../core/json.ts";

/** Reads a whole number, 0 or more. Ranges are the library's to check. */
export function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

/** Reads a number. */
export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It must be a number.");
}

/** Reads names separated by commas; giving the option again adds to them. */
export function names(text: string, before: readonly string[] = []): string[] {
  const given = text.split(",").map((name) => name.trim());
  return [...before, ...given.filter((name) => name !== "")];
}

/** Reads a JSON object. */
export function jsonObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below: what is no JSON is no JSON object either.
  }
  throw new InvalidArgumentError('It must be a JSON object, for example {"project":"atlas"}.');
}
