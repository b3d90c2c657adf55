import { ValidationError } from "../errors.ts";
import { checkLabel, checkText } from "../identifiers.ts";
import { checkJson, checkJsonObject } from "../json.ts";
import { type InstantInput, parseInstant } from "../time.ts";
import { type MessageDefaults, prepareMessages } from "./messages.ts";
import type { SessionOperation, SessionOperationInput } from "./operations.ts";
import { emptySession, type SessionContent, type SessionContentInput } from "./state.ts";

type Path = readonly (string | number)[];

/** Longer lists of operations are refused: one write must stay short, since others wait for it. */
const MAX_OPERATIONS = 1000;

/**
 * Checks operations that came from a caller and fills in what was left out.
 * @throws ValidationError naming the operation and field, for example `operations.0.values.price`.
 */
export function prepareOperations(
  operations: readonly SessionOperationInput[],
  defaults: MessageDefaults,
): SessionOperation[] {
  if (!Array.isArray(operations) || operations.length === 0)
    throw ValidationError.of(
      "operations",
      "must be a list of at least one operation",
      undefined,
      "list_type",
    );
  if (operations.length > MAX_OPERATIONS)
    throw ValidationError.of("operations", `must not have more than ${MAX_OPERATIONS} entries`);
  return operations.map((operation, index) => prepareOperation(operation, defaults, ["operations", index]));
}

function prepareOperation(
  operation: SessionOperationInput,
  defaults: MessageDefaults,
  path: Path,
): SessionOperation {
  switch (operation?.operation) {
    case "append":
      return { ...operation, messages: prepareMessages(operation.messages, defaults, [...path, "messages"]) };
    case "replace":
      return { ...operation, content: prepareContent(operation.content, defaults) };
    default:
      checkOperation(operation, path);
      return operation;
  }
}

function prepareContent(input: SessionContentInput, defaults: MessageDefaults): SessionContent {
  const content = { ...emptySession(defaults.now), ...input };
  checkJsonObject(content.data, ["data"]);
  checkJsonObject(content.lists, ["lists"]);
  checkJsonObject(content.strategy.config, ["strategy", "config"]);
  if (content.context !== null) checkText(content.context, ["context"]);
  checkSeconds(content.ttlSeconds, ["ttlSeconds"]);
  checkExpiries(content.fieldExpiresAt);
  return { ...content, messages: prepareMessages(content.messages, defaults, ["messages"]) };
}

function checkOperation(
  operation: Exclude<SessionOperation, { readonly operation: "append" | "replace" }>,
  path: Path,
): void {
  switch (operation?.operation) {
    case "patchMessages":
    case "deleteMessages":
      checkLabels(operation.ids, [...path, "ids"]);
      return;
    case "setData":
    case "mergeData":
    case "replaceData":
      checkJsonObject(operation.values, [...path, "values"]);
      return;
    case "deleteData":
      checkList(operation.keys, [...path, "keys"]).forEach((key, index) => {
        checkText(key, [...path, "keys", index]);
      });
      return;
    case "increment":
      checkText(operation.key, [...path, "key"]);
      checkJson(operation.by, [...path, "by"]);
      if (typeof operation.by !== "number")
        throw ValidationError.of([...path, "by"], "must be a number", operation.by);
      return;
    case "pushList":
    case "setList":
      checkText(operation.list, [...path, "list"]);
      checkJson(operation.values, [...path, "values"]);
      checkList(operation.values, [...path, "values"]);
      return;
    case "insertList":
      checkText(operation.list, [...path, "list"]);
      checkIndex(operation.index, [...path, "index"]);
      checkJson(operation.value, [...path, "value"]);
      return;
    case "popList":
      checkText(operation.list, [...path, "list"]);
      if (operation.index !== undefined) checkIndex(operation.index, [...path, "index"]);
      return;
    case "removeList":
      checkText(operation.list, [...path, "list"]);
      checkJson(operation.value, [...path, "value"]);
      return;
    case "deleteList":
      checkText(operation.list, [...path, "list"]);
      return;
    case "moveToList":
      checkText(operation.key, [...path, "key"]);
      return;
    case "expireFields":
      if (operation.fields !== null)
        checkList(operation.fields, [...path, "fields"]).forEach((field, index) => {
          checkText(field, [...path, "fields", index]);
        });
      checkSeconds(operation.seconds, [...path, "seconds"]);
      return;
    case "setContext":
      if (operation.context !== null) checkText(operation.context, [...path, "context"]);
      return;
    case "setTokens":
      checkIndex(operation.tokens, [...path, "tokens"]);
      return;
    case "setStrategy":
      checkText(operation.strategy?.strategy, [...path, "strategy", "strategy"]);
      checkJsonObject(operation.strategy.config, [...path, "strategy", "config"]);
      return;
    case "setRecords":
      checkJson(operation.records, [...path, "records"]);
      checkList(operation.records, [...path, "records"]);
      return;
    case "setTimeToLive":
      checkSeconds(operation.seconds, [...path, "seconds"]);
      checkFlag(operation.sliding, [...path, "sliding"]);
      checkFlag(operation.onlyNew, [...path, "onlyNew"]);
      return;
    default:
      throw ValidationError.of(
        [...path, "operation"],
        "is not an operation on sessions",
        undefined,
        "unknown_operation",
      );
  }
}

function checkList(value: unknown, path: Path): readonly unknown[] {
  if (!Array.isArray(value)) throw ValidationError.of(path, "must be a list", value, "list_type");
  return value;
}

function checkLabels(value: unknown, path: Path): void {
  checkList(value, path).forEach((label, index) => {
    checkLabel(label, [...path, index]);
  });
}

function checkIndex(value: unknown, path: Path): void {
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw ValidationError.of(path, "must be a whole number", value, "int_type");
}

function checkExpiries(expiries: SessionContent["fieldExpiresAt"]): void {
  if (expiries === undefined) return;
  for (const [field, at] of Object.entries(checkJsonObject(expiries, ["fieldExpiresAt"]))) {
    const path = ["fieldExpiresAt", field];
    if (parseInstant(at as InstantInput, path) !== at)
      throw ValidationError.of(path, "must be an instant in UTC such as 2026-05-04T09:30:00Z", at);
  }
}

function checkFlag(value: unknown, path: Path): void {
  if (value !== undefined && typeof value !== "boolean")
    throw ValidationError.of(path, "must be true or false", value, "bool_type");
}

/** Zero and negative times to live are allowed and mean "gone at once", as the wire contract has it. */
function checkSeconds(value: unknown, path: Path): void {
  if (value !== null && !(typeof value === "number" && Math.abs(value) <= MAX_TTL_SECONDS))
    throw ValidationError.of(
      path,
      "must be a number of seconds, at most 100 years, or null",
      value,
      "float_type",
    );
}

const MAX_TTL_SECONDS = 100 * 365.25 * 86_400;
