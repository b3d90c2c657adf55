import { readFile } from "node:fs/promises";
import type { Queue, Worker } from "bullmq";
import { StoreError, ValidationError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Kept } from "./content.ts";

/** Paths of PEM files for `rediss:`. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

interface QueuesOptions {
  readonly url: string;
  readonly tls: TlsFiles;
  readonly prefix: string;
  readonly lease: number;
  readonly logger: Logger;
}

/** BullMQ's queues and workers by kind, opened when they are needed. */
export interface Queues {
  queue(kind: string): Promise<Queue<Kept>>;
  worker(kind: string): Promise<Worker<Kept>>;
  /** Every kind there ever was, sorted. */
  kinds(): Promise<string[]>;
  /** Makes a job the one that holds a key, unless another one does. */
  hold(key: string, id: string): Promise<void>;
  close(): Promise<void>;
}

export async function openQueues({ url, tls, prefix, lease, logger }: QueuesOptions): Promise<Queues> {
  const [bullmq, { createClient }] = await loadPackages();
  let connected = false;
  const client = createClient({
    url,
    // Without a connection a call fails at once instead of waiting for ever.
    disableOfflineQueue: true,
    socket: {
      ...(await readPems(tls)),
      // A server that is not there at the beginning is a mistake; one that goes away comes back.
      reconnectStrategy: (retries, cause) => (connected ? Math.min(2000, 50 * 2 ** retries) : cause),
    },
  });
  const troubled = (err: unknown) => logger.warn({ err }, "The connection to the jobs in Redis failed");
  client.on("error", troubled);
  // Every queue and worker adds its own.
  client.setMaxListeners(0);
  try {
    await client.connect();
    connected = true;
  } catch (cause) {
    if (client.isOpen) client.destroy();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError("store_unavailable", `Redis does not answer: ${reason}`, { cause });
  }
  const options = { connection: client, prefix };
  const kindsKey = `${prefix}:kinds`;
  const queues = new Map<string, Promise<Queue<Kept>>>();
  const workers = new Map<string, Promise<Worker<Kept>>>();
  let closing: Promise<void> | null = null;

  async function openQueue(kind: string): Promise<Queue<Kept>> {
    await client.sAdd(kindsKey, kind);
    const queue = new bullmq.Queue<Kept>(kind, options);
    queue.on("error", troubled);
    return queue;
  }

  async function openWorker(kind: string): Promise<Worker<Kept>> {
    // Jobs are fetched by hand; what it does by itself is to look for jobs whose workers have died.
    const worker = new bullmq.Worker<Kept>(kind, null, {
      ...options,
      autorun: false,
      lockDuration: lease,
      stalledInterval: Math.max(100, lease / 2),
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    });
    worker.on("error", troubled);
    await worker.waitUntilReady();
    await worker.startStalledCheckTimer();
    return worker;
  }

  async function close(): Promise<void> {
    try {
      for (const worker of workers.values()) await (await worker.catch(() => null))?.close(true);
      for (const queue of queues.values()) await (await queue.catch(() => null))?.close();
    } finally {
      client.destroy();
    }
  }

  return {
    queue: (kind) => openOnce(queues, kind, openQueue),
    worker: (kind) => openOnce(workers, kind, openWorker),
    kinds: async () => (await client.sMembers(kindsKey)).sort(),
    async hold(key, id) {
      await client.set(key, id, { condition: "NX" });
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** What is open or being opened already, or is opened now; when that fails, the next call tries again. */
function openOnce<Opened>(
  opened: Map<string, Promise<Opened>>,
  kind: string,
  open: (kind: string) => Promise<Opened>,
): Promise<Opened> {
  const known = opened.get(kind);
  if (known !== undefined) return known;
  const opening = open(kind);
  opened.set(kind, opening);
  opening.catch(() => opened.delete(kind));
  return opening;
}

async function readPems(files: TlsFiles): Promise<object> {
  const named = Object.entries(files);
  const texts = await Promise.all(named.map(([, path]) => readFile(path, "utf8")));
  return Object.fromEntries(named.map(([name], index) => [name, texts[index]]));
}

async function loadPackages() {
  try {
    return await Promise.all([import("bullmq"), import("redis")]);
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw ValidationError.of(
      "jobs",
      "Redis keeps background jobs with two packages: npm install bullmq redis; or name another place, or memory: for this " +
        "process alone, which loses them when it ends",
    );
  }
}
