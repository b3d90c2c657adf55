import type { Queue } from "bullmq";
import type { Job, JobState } from "../../core/jobs.ts";
import { jobOf, type Kept } from "./content.ts";

/** BullMQ's lists that hold the jobs of each state. */
export const KINDS_OF_LIST = {
  waiting: ["wait", "prioritized"],
  delayed: ["delayed"],
  running: ["active"],
  dead: ["failed"],
} as const satisfies Record<JobState, readonly string[]>;

interface Listing {
  readonly state: JobState;
  readonly limit: number;
  readonly after: string | null;
}

/** Goes through the lists one after another; a cursor is the kind, the list and how many of it were shown. */
export async function listJobs(
  queueOf: (kind: string) => Promise<Queue<Kept>>,
  kinds: readonly string[],
  { state, limit, after }: Listing,
): Promise<{ readonly jobs: Job[]; readonly cursor: string | null }> {
  const [lastKind = "", lastList = "", shown = "0"] = after?.split(":") ?? [];
  const places = kinds.flatMap((kind) => KINDS_OF_LIST[state].map((list) => ({ kind, list })));
  const begun = places.findIndex(({ kind, list }) => kind === lastKind && list === lastList);
  const found: { job: Job; cursor: string }[] = [];
  let offset = begun < 0 ? 0 : Number(shown) || 0;
  for (const { kind, list } of places.slice(Math.max(0, begun))) {
    const wanted = limit + 1 - found.length;
    if (wanted <= 0) break;
    const bulls = await (await queueOf(kind)).getJobs([list], offset, offset + wanted - 1, true);
    // A job may have gone since its id was read.
    for (const [index, bull] of bulls.entries())
      if (bull) found.push({ job: jobOf(bull, state), cursor: `${kind}:${list}:${offset + index + 1}` });
    offset = 0;
  }
  const page = found.slice(0, limit);
  return {
    jobs: page.map(({ job }) => job),
    cursor: found.length > limit ? (page.at(-1)?.cursor ?? null) : null,
  };
}
