import { ValidationError } from "../core/errors.ts";
import { checkJsonObject } from "../core/json.ts";
import { type InstantInput, parseInstant } from "../core/time.ts";

type Path = readonly (string | number)[];

/** Fields whose values are kept as they are: what JSON cannot hold must not be changed into something it can. */
const FREE_JSON = new Set(["metadata", "extractionStrategyConfig"]);

/**
 * Checks that arguments reach the server as they are. JSON would turn NaN and a broken Date into null without a word.
 * @throws ValidationError naming the field, as an embedded memory would.
 */
export function checkSendable(value: unknown, path: Path = []): void {
  if (typeof value === "number") {
    if (!Number.isFinite(value))
      throw ValidationError.of(path, "must be a finite number", String(value), "finite_number");
  } else if (value instanceof Date) {
    parseInstant(value as InstantInput, path);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkSendable(item, [...path, index]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      if (FREE_JSON.has(key) && part !== undefined) checkJsonObject(part, [...path, key]);
      else checkSendable(part, [...path, key]);
    }
  } else if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol") {
    throw ValidationError.of(path, "must be a JSON value", undefined, "json_type");
  }
}
