import { ValidationError } from "./errors.ts";

/** The fields of a type, written out; the compiler sees to it that none is missing. */
type Names<Known> = { readonly [Name in keyof Required<Known>]: true };

/**
 * Makes a check that an object has no field but those of a type. A misspelt field would be passed over in silence, and a
 * scope or a limit that is passed over does harm.
 *
 * @example
 * const checkCall = knownNames<CallOptions>("options", { signal: true });
 */
export function knownNames<Known>(title: string, names: Names<Known>) {
  const known: ReadonlySet<string> = new Set(Object.keys(names));
  /**
   * Where nothing is given there is nothing wrong.
   * @throws ValidationError naming the field, or the title where it is no object.
   */
  return (value: unknown, path: readonly (string | number)[] = []): void => {
    if (value === undefined) return;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw ValidationError.of(path.length > 0 ? path : title, "must be an object", value, "dict_type");
    const unknown = Object.keys(value).find((name) => !known.has(name));
    if (unknown !== undefined)
      throw ValidationError.of(
        [...path, unknown],
        `is not known here; there are: ${[...known].join(", ")}`,
        undefined,
        "extra_forbidden",
      );
  };
}
