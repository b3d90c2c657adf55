import { ValidationError } from "../../core/errors.ts";
import type { ResolvedScope } from "../../core/scope.ts";
import { readElements } from "./elements.ts";
import { detectFormat, FORMATS, type FormatName } from "./formats.ts";
import { asFields, type Imported } from "./imported.ts";
import type { Source } from "./source.ts";

/** One thing found in a file, or what kept it from being read. */
export type Reading = {
  /** For people: the file and the line or item in it. */
  readonly place: string;
  /** Bytes of the file read so far. */
  readonly bytes: number;
} & (
  | { readonly imported: Imported }
  /** With `broken` there may be more in the file that nobody can get at. */
  | { readonly problem: string; readonly broken?: true }
);

export interface ReadOptions {
  /** Null: told by the first value. */
  readonly format: FormatName | null;
  /** The scope everything goes into. */
  readonly scope: ResolvedScope;
  readonly signal: AbortSignal;
}

/** So many lines at the beginning that are no JSON: then this is something else. */
const HOPELESS = 20;

/**
 * Reads everything a file holds, bad lines included.
 * @throws ValidationError when the kind of file cannot be told, or does not go with the scope.
 */
export async function* readImported(source: Source, options: ReadOptions): AsyncGenerator<Reading> {
  const { scope, signal } = options;
  let format = options.format && fitting(options.format, scope);
  let end: { records: number; sessions: number } | null = null;
  const found = { records: 0, sessions: 0 };
  try {
    for await (const element of readElements(source, signal)) {
      const at = { place: `${source.name}, ${element.place}`, bytes: element.bytes };
      if ("problem" in element) {
        if (format === null && element.number >= HOPELESS)
          throw ValidationError.of([source.name], "is neither JSON Lines nor a JSON array");
        yield { ...at, problem: element.problem };
        continue;
      }
      format ??= fitting(detectFormat(element.value, source.name), scope);
      const values = readValue(format, element.value, { scope, stem: source.stem, number: element.number });
      if ("problem" in values) yield { ...at, ...values };
      else
        for (const imported of values.found) {
          if (imported.kind === "record") found.records++;
          if (imported.kind === "session") found.sessions++;
          if (imported.kind === "end") end = imported;
          yield { ...at, imported };
        }
    }
  } catch (error) {
    if (!(error instanceof ValidationError) || format === null) throw error;
    yield { place: source.name, bytes: source.size ?? 0, problem: error.message, broken: true };
    return;
  }
  if (format === "memoir" && (end === null || end.records > found.records || end.sessions > found.sessions))
    yield {
      place: source.name,
      bytes: source.size ?? 0,
      problem: "is not complete: lines at its end, or among them, are missing",
      broken: true,
    };
}

function readValue(
  format: FormatName,
  value: unknown,
  origin: { scope: ResolvedScope; stem: string | null; number: number },
): { found: Imported[] } | { problem: string } {
  try {
    return { found: FORMATS[format].read(asFields(value), origin) };
  } catch (error) {
    if (error instanceof ValidationError) return { problem: error.message };
    throw error;
  }
}

/** @throws ValidationError when one session is asked for and the file has sessions of its own. */
function fitting(format: FormatName, scope: ResolvedScope): FormatName {
  if (scope.sessionId !== null && (format === "chatgpt" || format === "claude" || format === "memoir"))
    throw ValidationError.of(["--session"], `does not go with ${format}: such a file names its own sessions`);
  return format;
}
