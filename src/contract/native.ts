import { z } from "zod";
import { RECALL_MODES } from "../core/recall.ts";
import { flag, instant, integer, jsonObject, jsonValue, nullish } from "./lax.ts";
import { memory, newMemory } from "./records.ts";
import { lists, newMessage } from "./sessions.ts";

/**
 * Forms of the routes that go beyond the contract. What the memory checks anyway is described here and not checked
 * twice, so that a remote caller reads the same error about the same field as an embedded one.
 */

/** A value the memory checks; `shape` is what the documentation shows. */
function checkedLater(shape: z.ZodType, description?: string) {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: "input", unrepresentable: "any" });
  return z.unknown().meta({ ...schema, ...(description !== undefined && { description }) });
}

const moment = (description: string) => checkedLater(z.union([z.iso.datetime(), z.number()]), description);
const whole = (description: string) => checkedLater(z.int(), description);
const number = (description: string) => checkedLater(z.number(), description);
const text = (description: string) => checkedLater(z.string(), description);

const scope = z
  .object({
    namespace: nullish(z.string()),
    user_id: nullish(z.string()),
    agent_id: nullish(z.string()),
    session_id: nullish(z.string()),
  })
  .default({ namespace: null, user_id: null, agent_id: null, session_id: null })
  .describe("Whose memory: a field that is set restricts to exactly that value.");

export const note = {
  actor: text("Who makes the change.").optional(),
  reason: text("Why; kept with the version.").optional(),
  confidence: number("0 to 1: how sure the author is.").optional(),
};

const filter = checkedLater(
  z.record(z.string(), jsonValue()),
  "Conditions on fields and metadata paths; and, or and not nest.",
).optional();

const truth = {
  as_of: moment("The memory as it was known at this instant.").optional(),
  valid_at: moment("Only what was true at this instant, or any.").optional(),
};

export const addBody = z.object({
  scope,
  memories: z.array(checkedLater(newMemory.partial().required({ text: true }))),
  deduplicate: flag().optional(),
  ...note,
});
export const addAnswer = z.object({
  results: z.array(z.object({ status: z.enum(["created", "updated", "unchanged", "duplicate"]), memory })),
});

export const getBody = z.object({ scope, ids: z.array(text("")), as_of: truth.as_of });
export const getAnswer = z.object({ memories: z.array(memory.nullable()) });

export const listBody = z.object({
  scope,
  filter,
  order: checkedLater(z.enum(["newest", "oldest"])).optional(),
  limit: whole("1 to 1000, default 100.").optional(),
  cursor: text("Where the previous page ended.").optional(),
  offset: whole("Skips so many instead of a cursor.").optional(),
  touch: flag().optional().describe("Count listed records as accessed. Default false."),
  ...truth,
});
export const listAnswer = z.object({
  memories: z.array(memory),
  total: z.int(),
  cursor: z.string().nullable(),
});

const recency = z.union([z.boolean(), z.record(z.string(), z.unknown())]);

const searchOptions = {
  mode: checkedLater(z.enum(RECALL_MODES)).optional(),
  filter,
  limit: whole("1 to 1000, default 10.").optional(),
  offset: whole("Default 0.").optional(),
  recency: recency.optional(),
  min_score: number("Leaves out hits below this score.").optional(),
  max_distance: number("Semantic mode: leaves out hits farther than this cosine distance.").optional(),
  hybrid_alpha: number("Weight of meaning against words in hybrid mode.").optional(),
  explain: flag().optional(),
  touch: flag().optional(),
  ...truth,
};

export const recallBody = z.object({ scope, text: text("What to look for."), ...searchOptions });

const hit = z.object({
  ...memory.shape,
  score: z.number(),
  distance: z.number().nullable(),
  explanation: jsonObject().optional(),
});
export const recallAnswer = z.object({
  memories: z.array(hit),
  total: z.int(),
  next_offset: z.int().nullable(),
  confidence: z.number(),
});

export const updateBody = z.object({
  scope,
  id: text("The record to change."),
  patch: jsonObject().describe("Fields to change; null clears a field that can be empty."),
  expected_version: z.int().min(0).optional().describe("The version the record must have."),
  ...note,
});

export const deleteBody = z.object({
  scope,
  ids: z.array(text("")),
  expected_version: z.int().min(0).optional().describe("The version the records must have."),
  erase: flag().optional().describe("Removes the history as well."),
  everything: flag()
    .optional()
    .describe("All records of the scope instead of those in `ids`; with `erase` those deleted earlier too."),
  ...note,
});
export const deleteAnswer = z.object({ deleted: z.array(z.string()) });

export const scopeQuery = z.object({
  namespace: nullish(z.string()),
  user_id: nullish(z.string()),
  agent_id: nullish(z.string()),
  session_id: nullish(z.string()),
});

export const change = z.object({
  sequence: z.int(),
  kind: z.enum(["record", "session"]),
  change: z.enum(["create", "update", "delete", "forget", "merge"]),
  id: z.string(),
  version: z.int(),
  at: z.iso.datetime(),
  namespace: z.string().nullable(),
  user_id: z.string().nullable(),
  agent_id: z.string().nullable(),
  session_id: z.string().nullable(),
});

export const changesQuery = scopeQuery.extend({
  after: integer({ min: 0 }).default(0),
  limit: integer({ min: 1, max: 1000 }).default(100),
});

/** Which session is meant, to the letter: fields left out are no part of its identity. */
export const sessionIdentity = z.object({ namespace: nullish(z.string()), user_id: nullish(z.string()) });

const guarded = {
  ...sessionIdentity.shape,
  expected_version: z
    .int()
    .min(0)
    .optional()
    .describe("The version the session must have; 0 when it must not exist."),
  create: flag().optional().describe("False: a session that is not there is an error. Default true."),
};

/**
 * The parts of operations that the memory takes as they are. What it checks itself is not repeated here; names of
 * operations are in snake case: append, replace, patch_messages, delete_messages, set_data, merge_data, replace_data,
 * delete_data, increment, push_list, insert_list, pop_list, remove_list, set_list, delete_list, move_to_list, expire_fields,
 * set_context, set_tokens, set_strategy, set_records, set_time_to_live.
 */
export const OPERATION_SHAPES: Readonly<Record<string, z.ZodType>> = {
  replace: z.object({
    content: z.object({
      messages: z.array(z.unknown()).optional(),
      memories: z.array(jsonObject()).optional(),
      data: jsonObject().optional(),
      lists: lists.optional(),
      field_expires_at: z.record(z.string(), instant()).optional(),
      context: z.string().nullable().optional(),
      tokens: z.int().optional(),
      ttl_seconds: z.number().nullable().optional(),
      sliding_expiry: z.boolean().optional(),
      long_term_memory_strategy: z.object({ strategy: z.string(), config: jsonObject() }).optional(),
      created_at: instant().optional(),
      last_accessed: instant().optional(),
    }),
  }),
  patch_messages: z.object({
    patch: z.strictObject({
      persisted_at: instant().nullable().optional(),
      discrete_memory_extracted: z.enum(["t", "f"]).optional(),
    }),
  }),
  set_strategy: z.object({ strategy: z.object({ strategy: z.string(), config: jsonObject() }) }),
  set_records: z.object({ memories: z.array(jsonObject()) }),
  set_time_to_live: z.object({ sliding: z.boolean().optional(), only_new: z.boolean().optional() }),
};

export const operationsBody = z.object({
  ...guarded,
  operations: z.array(z.looseObject({ operation: z.string() })),
  fingerprint: z
    .string()
    .optional()
    .describe("What the idempotency key stands for. Default: the operations."),
});

export const messagesBody = z.object({ ...guarded, messages: z.array(newMessage) });
export const messagesAnswer = z.object({
  added: z.array(z.string()).describe("Ids that were new; a known id is skipped."),
  version: z.int(),
  created: z.boolean(),
});

export const dataBody = z.object({
  ...guarded,
  set: jsonObject().optional().describe("Keys to set, leaving the others."),
  merge: jsonObject().optional().describe("Merged at every depth."),
  delete: z.array(z.string()).optional().describe("Keys to remove."),
  increment: z
    .custom<Record<string, number>>(
      (value) =>
        typeof value === "object" &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((by) => typeof by === "number"),
      { params: { type: "dict_type" }, error: "must be an object of numbers" },
    )
    .meta({ type: "object", additionalProperties: { type: "number" } })
    .optional()
    .describe("Adds to numbers, absent ones counting as 0."),
});
export const dataAnswer = z.object({ version: z.int(), created: z.boolean(), data: jsonObject() });

export const valuesBody = z.object({ ...guarded, values: z.array(jsonValue()) });
export const popBody = z.object({ ...guarded, index: integer().optional() });
export const insertBody = z.object({ ...guarded, index: integer(), value: jsonValue() });
export const removeBody = z.object({ ...guarded, value: jsonValue() });

export const listState = z.object({ list: z.string(), values: z.array(jsonValue()) });
export const lengthAnswer = z.object({ version: z.int(), created: z.boolean(), length: z.int() });
export const popAnswer = z.object({
  version: z.int(),
  created: z.boolean(),
  popped: z.array(jsonValue()).describe("The value, or nothing when there was none."),
});
export const removeAnswer = z.object({ version: z.int(), created: z.boolean(), removed: z.boolean() });
export const versionAnswer = z.object({ version: z.int(), created: z.boolean() });

export const contextBody = z.object({
  ...sessionIdentity.shape,
  query: text("What the model is asked next; may be empty."),
  max_tokens: whole("Tokens the whole context may have.").optional(),
  model: text("Name of the model whose window is the budget.").optional(),
  newest: whole("At most so many recent messages.").optional(),
  recall: z.union([z.literal(false), z.object(searchOptions)]).optional(),
});
export const contextAnswer = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
  memories: z.array(hit),
  tokens: z.int(),
  omitted_messages: z.int(),
});
