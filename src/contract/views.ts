import { z } from "zod";
import { flag, integer, jsonObject, nullish } from "./lax.ts";

/** Summary views of the contract, section 14. */

const optionalText = () => nullish(z.string());

const NO_FILTERS: Record<string, never> = {};

export const newView = z.object({
  name: optionalText(),
  source: z.enum(["long_term", "working_memory"]),
  group_by: z.array(z.string()).default([]),
  // One of the published clients sends null for what is not set.
  filters: jsonObject().nullable().default(NO_FILTERS),
  time_window_days: nullish(integer({ min: 1 })),
  continuous: flag().nullable().default(false),
  prompt: optionalText(),
  model_name: optionalText(),
});

const time = z.iso.datetime();

export const view = z.object({
  id: z.string(),
  name: z.string().nullable(),
  source: z.literal("long_term"),
  group_by: z.array(z.string()),
  filters: jsonObject(),
  time_window_days: z.int().nullable(),
  continuous: z.boolean(),
  prompt: z.string().nullable(),
  model_name: z.string().nullable(),
});
export type View = z.output<typeof view>;

const group = z.record(z.string(), z.string());
export type Group = z.output<typeof group>;

/** `{group: {…}}`; one of the published clients sends the group bare. */
export const partitionBody = z.preprocess(
  (value) =>
    typeof value === "object" && value !== null && !Object.hasOwn(value, "group") ? { group: value } : value,
  z.object({ group }),
);

export const partition = z.object({
  view_id: z.string(),
  group,
  summary: z.string(),
  memory_count: z.int(),
  empty: z.boolean(),
  empty_reason: z.string().nullable(),
  computed_at: time,
});
export type Partition = z.output<typeof partition>;

export const partitionQuery = z.object({
  user_id: optionalText(),
  namespace: optionalText(),
  session_id: optionalText(),
  memory_type: optionalText(),
});

/** The body may be left out. */
export const runBody = z.preprocess((value) => value ?? {}, z.object({ task_id: optionalText() }));

export const task = z.object({
  id: z.string(),
  type: z.literal("summary_view_full_run"),
  status: z.enum(["pending", "running", "success", "failed"]),
  view_id: z.string(),
  created_at: time,
  started_at: time.nullable(),
  completed_at: time.nullable(),
  error_message: z.string().nullable(),
});
export type Task = z.output<typeof task>;
