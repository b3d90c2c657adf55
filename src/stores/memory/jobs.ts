import type { JobStore, StoredJob, TakenJob, TakeQuery } from "../../core/job-store.ts";
import { JOB_STATES, type Job, type JobCounts, type JobState } from "../../core/jobs.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import type { JobData, KeptJob } from "./backing.ts";
import { copy } from "./copy.ts";

/** Milliseconds a worker may be silent before its jobs are taken from it. */
const LEASE = 30_000;

/** Runs a method in one turn of the event loop, unless the store was closed. */
type WhileOpen = <Arguments extends unknown[], Result>(
  method: (...given: Arguments) => Result,
) => (...given: Arguments) => Promise<Result>;

/** Jobs in the process: shared by every handle on the same data, gone with the process. */
export function createMemoryJobStore(data: JobData, whileOpen: WhileOpen): JobStore {
  const { jobs } = data;

  /** Changes a job that still belongs to whoever took it. */
  const ofTaker = (taken: TakenJob, change: (job: KeptJob) => Partial<KeptJob> | null): boolean => {
    const job = jobs.get(taken.id);
    if (job?.lease?.name !== taken.lease) return false;
    const part = change(job);
    if (part === null) jobs.delete(job.id);
    else jobs.set(job.id, { ...job, ...part });
    return true;
  };

  const add = (job: StoredJob): string => {
    const rival = holderOf(data, job);
    if (rival) return rival.id;
    jobs.set(job.id, { ...copy(job), attempts: 0, failure: null, lease: null, dead: false });
    return job.id;
  };

  return {
    name: "memory",
    lease: LEASE,
    add: whileOpen(add),
    addTick: whileOpen(({ schedule, at }, job) => {
      const last = data.ticks.get(schedule);
      if (last !== undefined && compareInstants(last, at) >= 0) return;
      data.ticks.set(schedule, at);
      add(job);
    }),
    take: whileOpen((query) => take(data, query)),
    extend: whileOpen((taken, until) =>
      taken.filter((job) => !ofTaker(job, () => ({ lease: { name: job.lease, until } }))).map(({ id }) => id),
    ),
    finish: whileOpen((taken) => void ofTaker(taken, () => null)),
    retryAt: whileOpen(
      (taken, runAt, failure) => void ofTaker(taken, () => ({ lease: null, runAt, failure })),
    ),
    bury: whileOpen((taken, failure) => void ofTaker(taken, () => ({ lease: null, dead: true, failure }))),
    release: whileOpen(
      (taken) => void ofTaker(taken, ({ attempts }) => ({ lease: null, attempts: attempts - 1 })),
    ),
    list: whileOpen(({ state, kind, limit, after, now }) => {
      const found = [...jobs.values()]
        .filter((job) => stateOf(job, now) === state && (kind === null || job.kind === kind))
        .sort((left, right) => (left.kind < right.kind ? -1 : left.kind > right.kind ? 1 : 0));
      const skipped = after === null ? 0 : Number(after);
      const page = found.slice(skipped, skipped + limit);
      const end = skipped + page.length;
      return {
        jobs: page.map((job) => shown(job, now)),
        cursor: end < found.length ? String(end) : null,
      };
    }),
    counts: whileOpen((now) => countsOf(data, now)),
    revive: whileOpen((id, now) => {
      const job = jobs.get(id);
      if (!job?.dead) return false;
      jobs.delete(id);
      // Put in again, so that it comes after those that wait already.
      if (!holderOf(data, job)) jobs.set(id, { ...job, dead: false, attempts: 0, runAt: now });
      return true;
    }),
    remove: whileOpen((id) => jobs.get(id)?.lease === null && jobs.delete(id)),
    close: async () => {},
  };
}

/** The waiting or running job that has the key of another one. */
function holderOf(data: JobData, { kind, tenant, key }: StoredJob): KeptJob | undefined {
  if (key === null) return undefined;
  return [...data.jobs.values()].find(
    (job) => !job.dead && job.key === key && job.kind === kind && job.tenant === tenant,
  );
}

function take({ jobs }: JobData, { kinds, lease, limit, now, until }: TakeQuery): TakenJob[] {
  const isDue = ({ lease: held, runAt }: KeptJob) => compareInstants(held?.until ?? runAt, now) <= 0;
  const due = [...jobs.values()].filter((job) => !job.dead && kinds.includes(job.kind) && isDue(job));
  const [lost, ready] = [
    due.filter((job) => job.attempts >= job.maxAttempts),
    due.filter((job) => job.attempts < job.maxAttempts),
  ];
  for (const job of lost) {
    const failure = { code: "timed_out", message: "Its worker died in the last attempt.", at: now };
    jobs.set(job.id, { ...job, lease: null, dead: true, failure });
  }
  ready.sort((left, right) => right.priority - left.priority || compareInstants(left.runAt, right.runAt));
  return ready.slice(0, limit).map((job) => {
    const taken = { ...job, attempts: job.attempts + 1, lease: { name: lease, until } };
    jobs.set(job.id, taken);
    const { state: _, ...rest } = shown(taken, now);
    return { ...rest, lease };
  });
}

function stateOf(job: KeptJob, now: Instant): JobState {
  if (job.dead) return "dead";
  if (job.lease !== null) return "running";
  return compareInstants(job.runAt, now) <= 0 ? "waiting" : "delayed";
}

function shown(kept: KeptJob, now: Instant): Job {
  const { lease: _, dead: __, ...job } = kept;
  return copy({ ...job, state: stateOf(kept, now) });
}

function countsOf({ jobs }: JobData, now: Instant): JobCounts[] {
  const counts = new Map<string, Record<JobState, number>>();
  for (const job of jobs.values()) {
    const none = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
    const ofKind = counts.get(job.kind) ?? none;
    ofKind[stateOf(job, now)] += 1;
    counts.set(job.kind, ofKind);
  }
  return [...counts]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([kind, of]) => ({ kind, ...of }));
}
