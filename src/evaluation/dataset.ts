import { ValidationError } from "../core/errors.ts";
import { checkLabel, checkText } from "../core/identifiers.ts";
import type { Instant } from "../core/time.ts";
import { readLooseInstant } from "./dates.ts";

/** One thing to remember, usually a turn of a conversation. */
export interface EvaluationItem {
  readonly id: string;
  readonly text: string;
  readonly speaker: string | null;
  readonly createdAt: Instant | null;
  readonly sessionId: string | null;
}

/** One question, and the ids of the items that answer it. */
export interface EvaluationQuestion {
  readonly id: string;
  readonly question: string;
  /** Empty: nothing that is stored answers it. */
  readonly evidence: ReadonlySet<string>;
  readonly category: string | null;
}

/**
 * Reads `{"id", "text", "speaker"?, "createdAt"?, "sessionId"?}`; other fields are passed over. Null for an item without text.
 * @param undated is told of a `createdAt` that names no instant; the item then has none.
 * @throws ValidationError naming the field.
 */
export function readItem(value: unknown, undated: (text: unknown) => void): EvaluationItem | null {
  const fields = asObject(value);
  const createdAt = readLooseInstant(fields["createdAt"]);
  if (createdAt === null && present(fields["createdAt"])) undated(fields["createdAt"]);
  const text = checkText(fields["text"], "text");
  if (text.trim() === "") return null;
  return {
    id: readId(fields["id"], "id"),
    text,
    speaker: optionalLabel(fields["speaker"], "speaker"),
    createdAt,
    sessionId: optionalLabel(fields["sessionId"], "sessionId"),
  };
}

/**
 * Reads `{"id", "question", "evidence"?: [ids], "category"?}`; other fields are passed over.
 * @throws ValidationError naming the field.
 */
export function readQuestion(value: unknown): EvaluationQuestion {
  const fields = asObject(value);
  const evidence = fields["evidence"] ?? [];
  if (!Array.isArray(evidence)) throw ValidationError.of("evidence", "must be a list of ids", evidence);
  return {
    id: readId(fields["id"], "id"),
    question: checkText(fields["question"], "question"),
    evidence: new Set(evidence.map((id, index) => readId(id, ["evidence", index]))),
    category: optionalLabel(fields["category"], "category"),
  };
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw ValidationError.of([], "must be a JSON object", value);
}

function readId(value: unknown, path: string | (string | number)[]): string {
  return checkLabel(typeof value === "number" ? String(value) : value, path);
}

function optionalLabel(value: unknown, path: string): string | null {
  return present(value) ? checkLabel(typeof value === "number" ? String(value) : value, path) : null;
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
