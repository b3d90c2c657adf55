import { z } from "zod";
import { RECORD_TYPES } from "../core/record.ts";
import { decimal, flag, instant, integer, jsonObject, nullish, tags } from "./lax.ts";

const optionalText = () => nullish(z.string());

/** Fields a record may bring along whichever way it comes. Those after `metadata` go beyond the contract. */
const CONTENT = {
  session_id: optionalText(),
  user_id: optionalText(),
  namespace: optionalText(),
  last_accessed: instant().optional(),
  created_at: instant().optional(),
  updated_at: instant().optional(),
  pinned: flag().default(false),
  access_count: integer({ min: 0 }).default(0),
  topics: nullish(tags()),
  entities: nullish(tags()),
  memory_hash: optionalText(),
  persisted_at: nullish(instant()),
  extracted_from: nullish(tags()),
  event_date: nullish(instant()),
  extraction_strategy: z.string().default("discrete"),
  extraction_strategy_config: jsonObject().default({}),
  metadata: jsonObject().default({}),
  agent_id: optionalText(),
  speaker: optionalText(),
  importance: nullish(decimal({ min: 0, max: 1 })),
  valid_from: nullish(instant()),
  valid_to: nullish(instant()),
  expires_at: nullish(instant()),
};

const letter = (standard: "t" | "f") => z.enum(["t", "f"]).default(standard);

/** A record as `POST /v1/long-term-memory/` takes it. */
export const newMemory = z.object({
  id: z.string().min(1),
  text: z.string().min(1),
  ...CONTENT,
  memory_type: z.enum(RECORD_TYPES).default("semantic"),
  discrete_memory_extracted: letter("t"),
});
export type NewMemory = z.output<typeof newMemory>;

/** A record as a session's `memories` take it: the id may be left out. */
export const sessionMemory = z.object({
  id: z.string().optional(),
  text: z.string(),
  ...CONTENT,
  memory_type: z.enum(RECORD_TYPES).default("message"),
  discrete_memory_extracted: letter("f"),
});
export type SessionMemory = z.output<typeof sessionMemory>;

const SCOPE_EDIT = { namespace: optionalText(), user_id: optionalText(), session_id: optionalText() };

/** What `PATCH` changes. Null means "leave alone". */
export const memoryEdit = z.object({
  text: optionalText(),
  topics: nullish(tags()),
  entities: nullish(tags()),
  memory_type: nullish(z.enum(RECORD_TYPES)),
  ...SCOPE_EDIT,
  event_date: nullish(instant()),
  pinned: nullish(flag()),
  agent_id: optionalText(),
  speaker: optionalText(),
  importance: nullish(decimal({ min: 0, max: 1 })),
  valid_from: nullish(instant()),
  valid_to: nullish(instant()),
  expires_at: nullish(instant()),
  metadata: nullish(jsonObject()),
});

const time = z.iso.datetime();

/** A record as answers give it. */
export const memory = z.object({
  id: z.string(),
  text: z.string(),
  memory_type: z.enum(RECORD_TYPES),
  namespace: z.string().nullable(),
  user_id: z.string().nullable(),
  session_id: z.string().nullable(),
  agent_id: z.string().nullable(),
  speaker: z.string().nullable(),
  topics: z.array(z.string()),
  entities: z.array(z.string()),
  importance: z.number(),
  pinned: z.boolean(),
  access_count: z.int(),
  created_at: time,
  updated_at: time,
  last_accessed: time,
  event_date: time.nullable(),
  valid_from: time.nullable(),
  valid_to: time.nullable(),
  expires_at: time.nullable(),
  persisted_at: time.nullable(),
  metadata: jsonObject(),
  memory_hash: z.string(),
  version: z.int(),
  extracted_from: z.array(z.string()),
  extraction_strategy: z.string(),
  extraction_strategy_config: jsonObject(),
  discrete_memory_extracted: z.enum(["t", "f"]),
});

export const memoryVersion = z.object({
  version: z.int(),
  change: z.enum(["create", "update", "delete", "forget", "merge"]),
  at: time,
  actor: z.string().nullable(),
  reason: z.string().nullable(),
  confidence: z.number().nullable(),
  memory,
});
