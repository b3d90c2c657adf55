import { jobPageCodec } from "../contract/jobs.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { JobCounts, JobOverview, JobPage } from "../core/jobs.ts";
import type { Transport } from "./transport.ts";

/** The jobs of a server. What changes them is not sent again: the second answer would be that there is no such job. */
export function remoteJobs(transport: Transport): JobOverview {
  const repeatable = true;
  const of = (id: string) => ({ path: { job_id: checkLabel(id, "id") } });
  return {
    async list(query = {}) {
      return jobPageCodec.decode(
        await transport.call("listJobs", { query: { ...query }, repeatable }),
      ) as JobPage;
    },
    async counts() {
      return (await transport.call<{ counts: JobCounts[] }>("countJobs", { repeatable })).counts;
    },
    async retry(id) {
      return (await transport.call<{ retried: boolean }>("retryJob", of(id))).retried;
    },
    async discard(id) {
      const answer = await transport.call<{ discarded: boolean }>("discardJob", of(id));
      return answer.discarded;
    },
  };
}
