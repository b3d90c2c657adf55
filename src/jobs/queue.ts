import { StoreError } from "../core/errors.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { JobQueue, StopOptions } from "../core/jobs.ts";
import { formatMilliseconds } from "../core/time.ts";
import { checkJob, checkQuery } from "./check.ts";
import type { QueueParts } from "./queue-parts.ts";
import { QueueWorker } from "./worker.ts";

/** A queue on the given store. Closing it closes the store. */
export function createJobQueue(parts: QueueParts): JobQueue {
  const { store, clock, ids } = parts;
  const workers = new Set<QueueWorker>();
  let closing: Promise<void> | null = null;
  const now = () => formatMilliseconds(clock.now());
  const checkOpen = () => {
    if (closing !== null) throw new StoreError("store_closed", "This job queue was closed.");
  };

  async function close(options?: StopOptions): Promise<void> {
    await Promise.all([...workers].map((worker) => worker.stop(options)));
    await store.close();
  }

  return {
    name: store.name,
    async enqueue(job) {
      checkOpen();
      const id = await store.add(checkJob(job, { id: ids.next(), now: now() }));
      for (const worker of workers) worker.look();
      return id;
    },
    work(handlers, options = {}) {
      checkOpen();
      const worker = new QueueWorker(parts, handlers, options, () => workers.delete(worker));
      workers.add(worker);
      worker.start();
      return worker;
    },
    async list(query = {}) {
      checkOpen();
      return store.list({ ...checkQuery(query), now: now() });
    },
    async counts() {
      checkOpen();
      return store.counts(now());
    },
    async retry(id) {
      checkOpen();
      const found = await store.revive(checkLabel(id, "id"), now());
      if (found) for (const worker of workers) worker.look();
      return found;
    },
    async discard(id) {
      checkOpen();
      return store.remove(checkLabel(id, "id"));
    },
    close(options) {
      closing ??= close(options);
      return closing;
    },
  };
}
