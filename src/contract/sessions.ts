import { z } from "zod";
import { flag, instant, integer, jsonObject, jsonValue, nullish } from "./lax.ts";
import { memory, sessionMemory } from "./records.ts";

/** A message as requests bring it. `name` and `metadata` go beyond the contract. */
export const newMessage = z.object({
  role: z.string(),
  content: z.string(),
  id: z.string().optional(),
  created_at: instant().optional(),
  persisted_at: nullish(instant()),
  discrete_memory_extracted: z.enum(["t", "f"]).default("f"),
  name: nullish(z.string()),
  metadata: jsonObject().default({}),
});
export type NewMessage = z.output<typeof newMessage>;

const strategy = z.object({
  strategy: z.enum(["discrete", "summary", "preferences", "custom"]).default("discrete"),
  config: jsonObject().default({}),
});

export const lists = z
  .custom<Record<string, z.core.util.JSONType[]>>(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every(Array.isArray),
    { params: { type: "dict_type" }, error: "must be an object of lists" },
  )
  .meta({ type: "object", additionalProperties: { type: "array" } });

/** The whole state of a session; nothing of the previous one survives. `lists` and `sliding_expiry` are additions. */
export const sessionUpdate = z.object({
  messages: z.array(newMessage).default([]),
  memories: z.array(sessionMemory).default([]),
  data: nullish(jsonObject()),
  context: nullish(z.string()),
  user_id: nullish(z.string()),
  namespace: nullish(z.string()),
  tokens: integer().default(0),
  ttl_seconds: nullish(integer()),
  long_term_memory_strategy: strategy.default({ strategy: "discrete", config: {} }),
  last_accessed: instant().optional(),
  created_at: instant().optional(),
  updated_at: instant().optional(),
  lists: lists.default({}),
  sliding_expiry: flag().default(true),
});
export type SessionUpdate = z.output<typeof sessionUpdate>;

const time = z.iso.datetime();

const message = z.object({
  id: z.string(),
  role: z.string(),
  content: z.string(),
  name: z.string().nullable(),
  created_at: time,
  persisted_at: time.nullable(),
  discrete_memory_extracted: z.enum(["t", "f"]),
  metadata: jsonObject(),
});

/** A session as it is kept. */
export const sessionState = z.object({
  session_id: z.string(),
  namespace: z.string().nullable(),
  user_id: z.string().nullable(),
  messages: z.array(message),
  memories: z.array(memory),
  data: jsonObject().nullable(),
  lists,
  field_expires_at: z.record(z.string(), time).optional(),
  context: z.string().nullable(),
  tokens: z.int(),
  ttl_seconds: z.number().nullable(),
  sliding_expiry: z.boolean(),
  expires_at: time.nullable(),
  long_term_memory_strategy: z.object({ strategy: z.string(), config: jsonObject() }),
  created_at: time,
  updated_at: time,
  last_accessed: time,
  version: z.int(),
});

export const workingMemory = sessionState.extend({
  context_percentage_total_used: z.number().nullable(),
  context_percentage_until_summarization: z.number().nullable(),
});

export const receipt = z.object({
  version: z.int(),
  created: z.boolean(),
  results: z.array(jsonValue()),
});

export const sessionSummary = z.object({
  tenant: z.string(),
  session_id: z.string(),
  namespace: z.string().nullable(),
  user_id: z.string().nullable(),
  message_count: z.int(),
  created_at: time,
  updated_at: time,
  expires_at: time.nullable(),
  version: z.int(),
});
