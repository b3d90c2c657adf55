import { jobPageCodec } from "../../contract/jobs.ts";
import { UnsupportedError } from "../../core/errors.ts";
import type { JobOverview } from "../../core/jobs.ts";
import type { Handlers, Surroundings } from "../call.ts";

/** Background jobs of every tenant: what failed for good, and what is to become of it. */
export function jobHandlers({
  operations,
}: Surroundings): Handlers<"listJobs" | "countJobs" | "retryJob" | "discardJob"> {
  const overview = (): JobOverview => {
    const { jobs = operations.jobOverview } = operations;
    if (jobs) return jobs;
    throw new UnsupportedError("The memory of this server shows no jobs.");
  };

  return {
    async listJobs({ query: { state, kind, limit, cursor } }) {
      const page = await overview().list({
        state,
        limit,
        ...(kind !== null && { kind }),
        ...(cursor !== null && { cursor }),
      });
      return jobPageCodec.encode(page) as object;
    },
    countJobs: async () => ({ counts: await overview().counts() }),
    retryJob: async ({ path }) => ({ retried: await overview().retry(path.job_id) }),
    discardJob: async ({ path }) => ({ discarded: await overview().discard(path.job_id) }),
  };
}
