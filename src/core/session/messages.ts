import { ValidationError } from "../errors.ts";
import { checkLabel, checkText, type IdSource } from "../identifiers.ts";
import { checkJsonObject } from "../json.ts";
import { type Instant, type InstantInput, parseInstant, toMilliseconds } from "../time.ts";
import type { Message, MessageInput } from "./state.ts";

type Path = readonly (string | number)[];

/** How far a message's or record's creation may lie ahead of the clock: room for clocks that differ, not for mistakes. */
export const MAX_FUTURE_SECONDS = 300;

/** What a message gets that comes without time or id. */
export interface MessageDefaults {
  readonly now: Instant;
  readonly ids: IdSource;
}

/**
 * Checks messages and fills in what was left out.
 * @throws ValidationError naming the message and field, for example `messages.0.content`.
 */
export function prepareMessages(
  inputs: readonly MessageInput[],
  defaults: MessageDefaults,
  path: Path,
): Message[] {
  if (!Array.isArray(inputs)) throw ValidationError.of(path, "must be a list", inputs, "list_type");
  return inputs.map((input, index) => prepareMessage(input, defaults, [...path, index]));
}

function prepareMessage(input: MessageInput, { now, ids }: MessageDefaults, path: Path): Message {
  if (typeof input !== "object" || input === null)
    throw ValidationError.of(
      path,
      "must be a message: an object with role and content",
      input,
      "model_attributes_type",
    );
  if (checkText(input.content, [...path, "content"]).trim() === "")
    throw ValidationError.of([...path, "content"], "must not be blank", input.content);
  return {
    id: input.id === undefined ? ids.next() : checkLabel(input.id, [...path, "id"]),
    role: checkLabel(input.role, [...path, "role"]),
    content: input.content,
    name: input.name == null ? null : checkLabel(input.name, [...path, "name"]),
    createdAt: input.createdAt === undefined ? now : checkPast(input.createdAt, now, [...path, "createdAt"]),
    metadata: checkJsonObject(input.metadata ?? {}, [...path, "metadata"]),
    persistedAt: input.persistedAt == null ? null : parseInstant(input.persistedAt, [...path, "persistedAt"]),
    extracted: checkFlag(input.extracted ?? false, [...path, "extracted"]),
  };
}

function checkFlag(value: unknown, path: Path): boolean {
  if (typeof value !== "boolean") throw ValidationError.of(path, "must be true or false", value, "bool_type");
  return value;
}

/** An instant that may lie ahead of `now` only as far as clocks differ. */
export function checkPast(input: InstantInput, now: Instant, path: Path): Instant {
  const instant = parseInstant(input, path);
  if (toMilliseconds(instant) > toMilliseconds(now) + MAX_FUTURE_SECONDS * 1000)
    throw ValidationError.of(
      path,
      `must not be more than ${MAX_FUTURE_SECONDS} seconds in the future`,
      input,
    );
  return instant;
}
