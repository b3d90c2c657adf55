import { parentPort, workerData } from "node:worker_threads";
import { silentLogger } from "../../core/logger.ts";
import { carry } from "./carried-error.ts";
import { migrateFile, openWriter, prepareWriter } from "./connect.ts";
import { whileBusy } from "./retry.ts";
import { createWriter } from "./writer.ts";
import { joinParts, stepsOf, type WritePart } from "./writes.ts";
import type { ThreadOptions, ThreadReply, ThreadRequest } from "./writing-thread.ts";

const { path, durability, busyTimeoutMs } = workerData as ThreadOptions;
const reply = (message: ThreadReply) => parentPort?.postMessage(message);

const connection = openWriter(path);
await whileBusy(() => prepareWriter(connection, durability), busyTimeoutMs, path);
// Checkpoints are asked for.
connection.exec("PRAGMA wal_autocheckpoint = 0");

let commit = 0;
const writer = createWriter(connection, {
  path,
  deadlineMs: busyTimeoutMs,
  logger: {
    ...silentLogger,
    error: (fields, message) =>
      reply({ kind: "failed", message, error: carry((fields as { error: unknown }).error) }),
  },
  onCommit: (duration) => {
    commit = duration;
  },
});

/** What has come of requests that come in parts, by their ids. */
const parts = new Map<number, WritePart[]>();

parentPort?.on("message", async (request: ThreadRequest) => {
  if (request.kind === "part") {
    parts.set(request.id, [...(parts.get(request.id) ?? []), request.part]);
  } else if (request.kind === "end") {
    await writer.drained();
    connection.close();
    parentPort?.close();
  } else {
    try {
      reply({ kind: "done", id: request.id, result: await answer(request), commit });
    } catch (error) {
      reply({ kind: "refused", id: request.id, error: carry(error), commit });
    }
  }
});

async function answer(request: Exclude<ThreadRequest, { kind: "part" | "end" }>): Promise<unknown> {
  switch (request.kind) {
    case "migrate":
      return whileBusy(() => migrateFile(connection), busyTimeoutMs, path);
    case "checkpoint":
      return connection.exec("PRAGMA wal_checkpoint(PASSIVE)");
    case "write": {
      const write = joinParts(request.write, parts.get(request.id) ?? []);
      parts.delete(request.id);
      return writer.write((writing) => stepsOf(write, writing));
    }
  }
}

reply({ kind: "ready" });
