import type { FilterCondition } from "../core/filter/filter.ts";
import type { AddResult, MemoryRecord, RecordVersion } from "../core/record.ts";
import type { SessionKey, SessionState } from "../core/session/state.ts";
import type { SessionReceipt, SessionSummary } from "../core/session-store.ts";
import type { Change } from "../core/store.ts";
import type { Context, ForgetPolicy, RecordPage, SearchHit, SearchResult } from "../operations.ts";
import {
  type Codec,
  camelCase,
  type Fields,
  isPlainObject,
  letter,
  list,
  object,
  objectOf,
  snake,
  snakeCase,
} from "./codec.ts";

/** Wire names of a record's fields. Those the contract knows have its names; the others are the same words in snake case. */
const RECORD = {
  ...snake("id", "text", "namespace", "userId", "agentId", "sessionId", "speaker", "topics", "entities"),
  ...snake("importance", "pinned", "eventDate", "validFrom", "validTo", "expiresAt", "metadata", "createdAt"),
  ...snake("updatedAt", "accessCount", "persistedAt", "version", "extractedFrom", "extractionStrategy"),
  ...snake("extractionStrategyConfig"),
  type: "memory_type",
  lastAccessedAt: "last_accessed",
  hash: "memory_hash",
  extracted: ["discrete_memory_extracted", letter],
} as const satisfies Fields & Record<keyof MemoryRecord, unknown>;

/** A record, a record to add, or a patch of one. */
export const recordCodec = object(RECORD);

const EXPLANATION = object(snake("similarity", "words", "parts", "matched"));

const hitCodec = objectOf<SearchHit>({
  ...RECORD,
  ...snake("score", "distance"),
  explanation: ["explanation", EXPLANATION],
});

export const searchResultCodec = objectOf<SearchResult>({
  ...snake("total", "nextOffset", "confidence"),
  hits: ["memories", list(hitCodec)],
});

export const recordPageCodec = objectOf<RecordPage>({
  ...snake("total", "cursor"),
  records: ["memories", list(recordCodec)],
});

export const addResultCodec = objectOf<AddResult>({
  status: "status",
  record: ["memory", recordCodec],
});

export const versionCodec = objectOf<RecordVersion>({
  ...snake("version", "change", "at", "actor", "reason", "confidence"),
  record: ["memory", recordCodec],
});

export const changeCodec = objectOf<Change>(
  snake("sequence", "kind", "change", "id", "version", "at", "namespace", "userId", "agentId", "sessionId"),
);

/** The wire name of a field that a filter may name; paths into `metadata` and unknown names stay as they are. */
function wireFieldName(name: string): string {
  if (!Object.hasOwn(RECORD, name)) return name;
  const field: string | readonly [string, Codec] = RECORD[name as keyof typeof RECORD];
  return typeof field === "string" ? field : field[0];
}

const LIBRARY_NAMES = new Map(Object.keys(RECORD).map((name) => [wireFieldName(name), name]));

export function libraryFieldName(name: string): string {
  return LIBRARY_NAMES.get(name) ?? name;
}

/** A filter of the library: `and`, `or` and `not` nest; every other key is a field with a value or with operators. */
export const filterCodec: Codec = {
  encode: (value) => convertFilter(value, wireFieldName, OPERATORS.encode),
  decode: (value) => convertFilter(value, libraryFieldName, OPERATORS.decode),
};

const OPERATORS = objectOf<FilterCondition>({
  ...snake("eq", "ne", "any", "all", "none", "in", "notIn", "gt", "gte", "lt", "lte", "between", "exists"),
  startsWith: "startswith",
});

function convertFilter(
  filter: unknown,
  rename: (name: string) => string,
  condition: (value: unknown) => unknown,
): unknown {
  if (!isPlainObject(filter)) return filter;
  const again = (part: unknown) => convertFilter(part, rename, condition);
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (name === "not") return [name, again(value)];
      if (name === "and" || name === "or") return [name, Array.isArray(value) ? value.map(again) : value];
      return [rename(name), condition(value)];
    }),
  );
}

export const scopeCodec = object(snake("namespace", "userId", "agentId", "sessionId"));

const recencyCodec = object(
  snake(
    "semanticWeight",
    "recencyWeight",
    "freshnessWeight",
    "noveltyWeight",
    "halfLifeLastAccessDays",
    "halfLifeCreatedDays",
  ),
);

export const listOptionsCodec = object({
  ...snake("order", "limit", "cursor", "offset", "touch", "asOf", "validAt"),
  filter: ["filter", filterCodec],
});

export const searchOptionsCodec = object({
  ...snake(
    "mode",
    "limit",
    "offset",
    "minScore",
    "maxDistance",
    "hybridAlpha",
    "explain",
    "touch",
    "asOf",
    "validAt",
  ),
  filter: ["filter", filterCodec],
  recency: ["recency", recencyCodec],
});

/** The author, reason and confidence of a write, and what else a write may say. */
export const writeOptionsCodec = object(
  snake(
    "actor",
    "reason",
    "confidence",
    "expectedVersion",
    "deduplicate",
    "erase",
    "everything",
    "create",
    "dryRun",
    "limit",
  ),
);

export const forgetPolicyCodec = objectOf<ForgetPolicy>({
  ...snake("maxAgeDays", "maxInactiveDays", "budget", "hardAgeMultiplier"),
  types: "memory_type_allowlist",
});

export const forgetResultCodec = object(snake("scanned", "deleted", "deletedIds", "dryRun"));

const messageCodec = object({
  ...snake("id", "role", "content", "name", "createdAt", "metadata", "persistedAt"),
  extracted: ["discrete_memory_extracted", letter],
});

const SESSION = {
  ...snake(
    "sessionId",
    "namespace",
    "userId",
    "data",
    "lists",
    "context",
    "tokens",
    "ttlSeconds",
    "slidingExpiry",
    "fieldExpiresAt",
  ),
  ...snake("createdAt", "updatedAt", "expiresAt", "version"),
  lastAccessedAt: "last_accessed",
  strategy: "long_term_memory_strategy",
  messages: ["messages", list(messageCodec)],
  records: ["memories", list(recordCodec)],
} as const satisfies Fields & Record<keyof SessionState, unknown>;

export const sessionCodec = object(SESSION);

export const sessionKeyCodec = objectOf<SessionKey>(snake("tenant", "sessionId", "namespace", "userId"));

export const sessionSummaryCodec = objectOf<SessionSummary>(
  snake(
    "tenant",
    "sessionId",
    "namespace",
    "userId",
    "messageCount",
    "createdAt",
    "updatedAt",
    "expiresAt",
    "version",
  ),
);

export const receiptCodec = objectOf<SessionReceipt>(snake("version", "created", "results"));

const OPERATION_FIELDS = object({
  messages: ["messages", list(messageCodec)],
  content: ["content", sessionCodec],
  records: ["memories", list(recordCodec)],
  patch: ["patch", messageCodec],
  onlyNew: "only_new",
});

/** One change to a session. The name of the operation is in snake case on the wire, for example `push_list`. */
export const operationCodec: Codec = {
  encode: (value) => OPERATION_FIELDS.encode(renameOperation(value, snakeCase)),
  decode: (value) => OPERATION_FIELDS.decode(renameOperation(value, camelCase)),
};

function renameOperation(value: unknown, rename: (name: string) => string): unknown {
  if (!isPlainObject(value) || typeof value["operation"] !== "string") return value;
  return { ...value, operation: rename(value["operation"]) };
}

export const contextOptionsCodec = object({
  ...snake("maxTokens", "model", "newest"),
  recall: ["recall", searchOptionsCodec],
});

export const contextCodec = objectOf<Context>({
  ...snake("messages", "tokens", "omittedMessages"),
  records: ["memories", list(hitCodec)],
});

/** Wire names of the fields whose words differ; everything else only changes its case. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  type: "memory_type",
  lastAccessedAt: "last_accessed",
  hash: "memory_hash",
  extracted: "discrete_memory_extracted",
  strategy: "long_term_memory_strategy",
  types: "memory_type_allowlist",
  keep: "pinned_ids",
  startsWith: "startswith",
};
const OTHER_WORDS_BACK = new Map(Object.entries(OTHER_WORDS).map(([library, wire]) => [wire, library]));

type Path = readonly (string | number)[];

/** A place in a library value, named as on the wire; for people, in error messages. */
export function wirePath(path: Path): (string | number)[] {
  return path.map((step) => (typeof step === "number" ? step : (OTHER_WORDS[step] ?? snakeCase(step))));
}

export function libraryPath(path: Path): (string | number)[] {
  return path.map((step) =>
    typeof step === "number" ? step : (OTHER_WORDS_BACK.get(step) ?? camelCase(step)),
  );
}
