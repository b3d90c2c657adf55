import { parentPort } from "node:worker_threads";
import { openReader } from "./connect.ts";
import type { Connection } from "./driver.ts";
import { buffersOf, type PackedPage, packPage } from "./packed-page.ts";
import type { AheadReply, AheadRequest, PageQuery } from "./reading-ahead.ts";
import { indexedRecords } from "./record-index.ts";
import { tenantNumber } from "./tenants.ts";

let connection: Connection | null = null;

parentPort?.on("message", (request: AheadRequest) => {
  switch (request.kind) {
    case "open":
      connection = open(request.path);
      return reply({ kind: "opened" });
    case "close":
      connection?.close();
      connection = null;
      return reply({ kind: "closed" });
    case "read": {
      const page = read(request.name, request.query);
      return reply({ kind: "page", id: request.id, page }, page ? buffersOf(page) : []);
    }
  }
});

function reply(message: AheadReply, buffers: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, buffers);
}

// Whoever needs the page reads it where there is none, and is told what is wrong.

function open(path: string): Connection | null {
  try {
    return openReader(path);
  } catch {
    return null;
  }
}

function read(name: string, query: PageQuery): PackedPage | null {
  try {
    return connection && packPage(indexedRecords(connection, tenantNumber(connection, name), query));
  } catch {
    return null;
  }
}
