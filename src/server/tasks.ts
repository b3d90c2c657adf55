import type { Group, Task } from "../contract/views.ts";
import { ValidationError } from "../core/errors.ts";
import type { JobHandler, RunningJob } from "../core/jobs.ts";
import type { MemoryRecord } from "../core/record.ts";
import { formatMilliseconds } from "../core/time.ts";
import { isFinal } from "../jobs/failure.ts";
import type { Call, Surroundings } from "./call.ts";
import { groupOf, matchingRecords, summarize } from "./view-run.ts";
import { groupKey, ViewStore } from "./view-store.ts";

type TaskParts = Pick<Surroundings, "operations" | "clock">;

/** The kind of job that computes every group of a summary view. */
const VIEW_RUN = "run-summary-view";

/** What the server does in the background, in this process or in a worker apart. */
export function taskHandlers(parts: TaskParts): Readonly<Record<string, JobHandler>> {
  return { [VIEW_RUN]: (job) => runTask(parts, job) };
}

/** Has a task done later. A memory without jobs of its own is worked on at once, as long as this server lives. */
export async function startTask(surroundings: Surroundings, task: Task, { tenant }: Call): Promise<void> {
  const { operations, background, closing } = surroundings;
  const job = { kind: VIEW_RUN, payload: { task: task.id }, tenant, key: task.id };
  if (operations.jobs) await operations.jobs.enqueue(job);
  else
    background.run("run a summary view", () =>
      runTask(surroundings, { ...job, attempts: 1, maxAttempts: 1, signal: closing }),
    );
}

type TaskJob = Pick<RunningJob, "payload" | "tenant" | "attempts" | "maxAttempts" | "signal">;

/** Computes every group of a view and says in the task how it went. Done again, it computes them anew. */
async function runTask({ operations, clock }: TaskParts, job: TaskJob): Promise<void> {
  const store = new ViewStore(operations, job.tenant);
  const present = () => formatMilliseconds(clock.now());
  const { task: id } = job.payload as { task: string };
  const task = await store.task(id);
  // Tasks are forgotten after a week, and one that was asked for twice is done once.
  if (!task || task.status === "success") return;
  const running: Task = { ...task, status: "running", started_at: task.started_at ?? present() };
  await store.saveTask(running);
  try {
    await computeView({ operations, clock }, store, task.view_id, job);
    await store.saveTask({ ...running, status: "success", completed_at: present(), error_message: null });
  } catch (error) {
    if (!job.signal.aborted && isFinal(error, job)) {
      const error_message = error instanceof Error ? error.message : String(error);
      await store.saveTask({ ...running, status: "failed", completed_at: present(), error_message });
    }
    throw error;
  }
}

async function computeView(
  parts: TaskParts,
  store: ViewStore,
  viewId: string,
  { tenant, signal }: TaskJob,
): Promise<void> {
  const view = await store.view(viewId);
  if (!view) throw ValidationError.of("view_id", "was deleted meanwhile", viewId);
  const groups = new Map<string, { group: Group; records: MemoryRecord[] }>();
  for (const record of await matchingRecords(parts, view, {}, { tenant })) {
    const group = groupOf(view, record);
    if (!group) continue;
    const key = groupKey(group);
    const entry = groups.get(key) ?? { group, records: [] };
    entry.records.push(record);
    groups.set(key, entry);
  }
  for (const { group, records } of groups.values()) {
    signal.throwIfAborted();
    await store.savePartition(summarize(view, group, records, parts.clock.now()));
  }
}
