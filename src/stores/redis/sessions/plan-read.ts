import { type JsonValue, jsonEquals } from "../../../core/json.ts";
import { withoutExpiredFields } from "../../../core/session/fields.ts";
import type { SessionRest } from "../../../core/session/operations.ts";
import { applyOperations, type MessageLog, type SessionOperation } from "../../../core/session/operations.ts";
import type { Instant } from "../../../core/time.ts";
import { toMicroseconds } from "../microseconds.ts";
import type { EncodeValue, Stored } from "../values.ts";
import { fillList, instructionsFor, type Plan, replace, setData } from "./plan.ts";
import { EVERY_PART } from "./scripts/write.ts";

/** Messages never decide what becomes of data and lists. */
const NO_MESSAGES: MessageLog = {
  has: () => false,
  append() {},
  patch: () => 0,
  delete: () => 0,
  replace() {},
};

/**
 * Operations as instructions for a session that was read: what depends on its values is worked out here, by the
 * reference, and told as its outcome. Holds as long as data and lists are those that were read.
 * @throws ValidationError when an operation does not fit.
 */
export function planFor(
  rest: SessionRest,
  operations: readonly SessionOperation[],
  now: Instant,
  encode: EncodeValue,
): Plan {
  // All at once first, so that an error names the operation's true place.
  applyOperations(rest, NO_MESSAGES, operations, now);
  const instructions: Stored[] = [];
  let before = rest;
  for (const operation of operations) {
    const alive = withoutExpiredFields(before, now);
    const { rest: after, results } = applyOperations(before, NO_MESSAGES, [operation], now);
    const told = toldWhole(operation, encode);
    instructions.push(...removals(before, alive));
    instructions.push(
      ...(told ?? [
        ...removals(alive, after),
        ...additions(alive, after, encode),
        "result",
        `j${JSON.stringify(results[0])}`,
      ]),
    );
    before = after;
  }
  if (!jsonEquals(expiriesOf(rest), expiriesOf(before)))
    instructions.push(...tellExpiries(expiriesOf(before)));
  return { instructions, sums: [], parts: new Set(EVERY_PART), removes: false };
}

/** An operation as instructions that take effect whatever the session holds; null for one told by its outcome. */
function toldWhole(operation: SessionOperation, encode: EncodeValue): Stored[] | null {
  if (operation.operation === "increment") return null;
  return operation.operation === "replace"
    ? replace(operation.content, encode)
    : instructionsFor(operation, encode);
}

type Fields = Pick<SessionRest, "data" | "lists">;

function removals(before: Fields, after: Fields): Stored[] {
  const gone = (name: "data" | "lists") =>
    Object.keys(before[name]).filter((field) => !Object.hasOwn(after[name], field));
  const [keys, lists] = [gone("data"), gone("lists")];
  return [
    ...(keys.length > 0 ? ["without", String(keys.length), ...keys] : []),
    ...(lists.length > 0 ? ["withoutLists", String(lists.length), ...lists] : []),
  ];
}

function additions(before: Fields, after: Fields, encode: EncodeValue): Stored[] {
  const changed = Object.entries(after.data).filter(([key, value]) => !same(before.data, key, value));
  const lists = Object.entries(after.lists).filter(([name, values]) => !same(before.lists, name, values));
  return [
    ...(changed.length > 0 ? setData(Object.fromEntries(changed), encode) : []),
    ...lists.flatMap(([name, values]) => fillList(name, values, encode)),
  ];
}

function same(before: Readonly<Record<string, unknown>>, name: string, value: unknown): boolean {
  return Object.hasOwn(before, name) && jsonEquals(before[name] as JsonValue, value as JsonValue);
}

function expiriesOf(rest: SessionRest): Record<string, Instant> {
  return { ...rest.fieldExpiresAt };
}

/** From the first of them on a write must know them all; the last one keeps a session alive that would expire before. */
function tellExpiries(expiries: Record<string, Instant>): Stored[] {
  const instants = Object.values(expiries).map(toMicroseconds);
  if (instants.length === 0) return ["expiries", "", "", ""];
  return ["expiries", String(Math.min(...instants)), String(Math.max(...instants)), JSON.stringify(expiries)];
}
