import { ValidationError } from "../../core/errors.ts";
import { archive } from "./archive.ts";
import { chatgpt } from "./chatgpt.ts";
import { claude } from "./claude.ts";
import { asFields, type Format } from "./imported.ts";
import { messages } from "./messages.ts";
import { records } from "./records.ts";

/** Every kind of file that can be imported, in the order in which they are recognised. */
export const FORMATS = { memoir: archive, chatgpt, claude, messages, records } as const satisfies Record<
  string,
  Format
>;

export type FormatName = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

/**
 * Tells a file's kind by its first value.
 * @throws ValidationError when it is none that we know.
 */
export function detectFormat(value: unknown, source: string): FormatName {
  const fields = asFields(value);
  const found = FORMAT_NAMES.find((name) => FORMATS[name].fits(fields));
  if (found) return found;
  throw ValidationError.of(
    [source],
    `is of no kind that can be told from its first value; name it with --format (${FORMAT_NAMES.join(", ")})`,
  );
}
