import { parentPort } from "node:worker_threads";
import { silentLogger } from "../../core/logger.ts";
import { carry } from "./carried-error.ts";
import { migrateFile, openWriter, prepareWriter } from "./connect.ts";
import type { Connection } from "./driver.ts";
import { whileBusy } from "./retry.ts";
import { createWriter, type Writer } from "./writer.ts";
import { joinParts, stepsOf, type WritePart } from "./writes.ts";
import type { ThreadOptions, ThreadReply, ThreadRequest } from "./writing-thread.ts";

interface OpenFile extends ThreadOptions {
  readonly connection: Connection;
  readonly writer: Writer;
}

let file: OpenFile | null = null;
let commit = 0;

/** What has come of requests that come in parts, by their ids. */
const parts = new Map<number, WritePart[]>();

const reply = (message: ThreadReply) => parentPort?.postMessage(message);

parentPort?.on("message", async (request: ThreadRequest) => {
  switch (request.kind) {
    case "part":
      parts.set(request.id, [...(parts.get(request.id) ?? []), request.part]);
      return;
    case "open":
      try {
        file = await openFile(request.options);
        reply({ kind: "opened" });
      } catch (error) {
        reply({ kind: "not-opened", error: carry(error) });
      }
      return;
    case "close":
      await file?.writer.drained();
      file?.connection.close();
      file = null;
      parts.clear();
      reply({ kind: "closed" });
      return;
    default:
      try {
        reply({ kind: "done", id: request.id, result: await answer(request), commit });
      } catch (error) {
        reply({ kind: "refused", id: request.id, error: carry(error), commit });
      }
  }
});

async function openFile(options: ThreadOptions): Promise<OpenFile> {
  const { path, durability, busyTimeoutMs } = options;
  const connection = openWriter(path);
  try {
    await whileBusy(() => prepareWriter(connection, durability), busyTimeoutMs, path);
    // Checkpoints are asked for.
    connection.exec("PRAGMA wal_autocheckpoint = 0");
  } catch (error) {
    connection.close();
    throw error;
  }
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
  return { ...options, connection, writer };
}

async function answer(
  request: Extract<ThreadRequest, { kind: "migrate" | "checkpoint" | "write" }>,
): Promise<unknown> {
  if (file === null) throw new Error("No file is open.");
  const { connection, writer, busyTimeoutMs, path } = file;
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
