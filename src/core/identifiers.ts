import { ValidationError } from "./errors.ts";

/** Source of new ids. Injected, so that tests can foresee them. */
export interface IdSource {
  next(): string;
}

/** Longest id or scope label, in UTF-16 units. Long enough for URLs and paths used as ids, short enough to index. */
export const MAX_LABEL_LENGTH = 1024;

/**
 * Checks an id or a scope label: any characters, nothing normalised, but no empty string, no NUL and no lone
 * surrogate, because those have no exact form in every store and on the wire.
 * @throws ValidationError naming `field`.
 */
export function checkLabel(value: unknown, field: string | readonly (string | number)[]): string {
  if (typeof value !== "string") throw ValidationError.of(field, "must be a string", value, "string_type");
  if (value.length === 0) throw ValidationError.of(field, "must not be empty", value, "string_too_short");
  if (value.length > MAX_LABEL_LENGTH)
    throw ValidationError.of(
      field,
      `must not be longer than ${MAX_LABEL_LENGTH} characters`,
      undefined,
      "string_too_long",
    );
  if (value.includes("\0") || !value.isWellFormed())
    throw ValidationError.of(field, "must be well-formed Unicode without NUL", undefined, "string_unicode");
  return value;
}

/**
 * Checks free text. It is kept exactly as given, NUL included; only lone surrogates are refused, since they would
 * silently become another character on the way through UTF-8.
 * @throws ValidationError naming `field`.
 */
export function checkText(value: unknown, field: string | readonly (string | number)[]): string {
  if (typeof value !== "string") throw ValidationError.of(field, "must be a string", value, "string_type");
  if (!value.isWellFormed())
    throw ValidationError.of(
      field,
      "must be well-formed Unicode: it has a lone surrogate",
      undefined,
      "string_unicode",
    );
  return value;
}
