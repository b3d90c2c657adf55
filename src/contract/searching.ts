import { z } from "zod";
import { RECALL_MODES } from "../core/recall.ts";
import { tagFilter, timeFilter, typeFilter } from "./filters.ts";
import { decimal, flag, instant, integer, jsonObject, nullish } from "./lax.ts";
import { memory } from "./records.ts";

export const searchRequest = z.object({
  text: nullish(z.string()),
  search_mode: z.enum(RECALL_MODES).default("semantic"),
  hybrid_alpha: decimal({ min: 0, max: 1 }).default(0.7),
  text_scorer: z.string().default("BM25STD"),
  session_id: nullish(tagFilter()),
  namespace: nullish(tagFilter()),
  user_id: nullish(tagFilter()),
  topics: nullish(tagFilter()),
  entities: nullish(tagFilter()),
  extraction_strategy: nullish(tagFilter()),
  memory_type: nullish(typeFilter()),
  created_at: nullish(timeFilter()),
  last_accessed: nullish(timeFilter()),
  event_date: nullish(timeFilter()),
  distance_threshold: nullish(decimal()),
  limit: integer({ min: 1, max: 100 }).default(10),
  offset: integer({ min: 0 }).default(0),
  recency_boost: nullish(flag()),
  recency_semantic_weight: nullish(decimal()),
  recency_recency_weight: nullish(decimal()),
  recency_freshness_weight: nullish(decimal()),
  recency_novelty_weight: nullish(decimal()),
  recency_half_life_last_access_days: nullish(decimal()),
  recency_half_life_created_days: nullish(decimal()),
  server_side_recency: nullish(flag()),
  agent_id: nullish(tagFilter()),
  speaker: nullish(tagFilter()),
  filter: nullish(jsonObject()).describe("A filter over any field and metadata path; and, or and not nest."),
  as_of: nullish(instant()).describe("Search the memory as it was known at this instant."),
  valid_at: nullish(z.union([z.literal("any"), instant()])).describe(
    "Only what was true at this instant (default: now), or any.",
  ),
});
export type SearchRequest = z.output<typeof searchRequest>;

const found = z.object({
  ...memory.shape,
  dist: z.number(),
  score: z.number().nullable(),
  score_type: z.enum(RECALL_MODES).nullable(),
});

export const searchResults = z.object({
  memories: z.array(found),
  total: z.int(),
  next_offset: z.int().nullable(),
});

export const promptRequest = z.object({
  query: z.string(),
  session: nullish(
    z.object({
      session_id: z.string(),
      namespace: nullish(z.string()),
      user_id: nullish(z.string()),
      model_name: nullish(z.string()),
      context_window_max: nullish(integer()),
    }),
  ),
  long_term_search: nullish(z.union([z.boolean(), searchRequest])),
});
export type PromptRequest = z.output<typeof promptRequest>;

const promptMessage = z.object({
  role: z.string(),
  content: z.object({
    type: z.literal("text"),
    text: z.string(),
    annotations: z.null(),
    _meta: z.null(),
  }),
});

export const promptResponse = z.object({
  messages: z.array(promptMessage),
  long_term_memories: z.array(found).nullable(),
});
