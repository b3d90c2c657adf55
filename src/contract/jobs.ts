import { z } from "zod";
import { JOB_STATES, type Job } from "../core/jobs.ts";
import { list, object, objectOf, snake } from "./codec.ts";
import { integer, jsonValue, nullish } from "./lax.ts";

/** Forms of background jobs. What the queue checks anyway is not checked twice. */

const failure = z.object({ code: z.string(), message: z.string(), at: z.iso.datetime() });

const job = z.object({
  id: z.string(),
  kind: z.string(),
  payload: jsonValue(),
  key: z.string().nullable(),
  tenant: z.string(),
  priority: z.int(),
  state: z.enum(JOB_STATES),
  attempts: z.int(),
  max_attempts: z.int(),
  created_at: z.iso.datetime(),
  run_at: z.iso.datetime(),
  failure: failure.nullable(),
});

export const jobsQuery = z.object({
  state: z.enum(JOB_STATES).default("dead").describe("Default: those that failed for good."),
  kind: nullish(z.string()),
  limit: integer({ min: 1, max: 1000 }).default(100),
  cursor: nullish(z.string()).describe("Where the previous page ended."),
});
export const jobsAnswer = z.object({ jobs: z.array(job), cursor: z.string().nullable() });

export const countsAnswer = z.object({
  counts: z.array(
    z.object({ kind: z.string(), waiting: z.int(), delayed: z.int(), running: z.int(), dead: z.int() }),
  ),
});

export const jobPath = z.object({ job_id: z.string() });

const jobCodec = objectOf<Job>(
  snake(
    "id",
    "kind",
    "payload",
    "key",
    "tenant",
    "priority",
    "state",
    "attempts",
    "maxAttempts",
    "createdAt",
    "runAt",
    "failure",
  ),
);

export const jobPageCodec = object({ cursor: "cursor", jobs: ["jobs", list(jobCodec)] });
