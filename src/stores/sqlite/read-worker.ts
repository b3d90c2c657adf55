import { parentPort, workerData } from "node:worker_threads";
import { openReader } from "./connect.ts";
import { buffersOf, packPage } from "./packed-page.ts";
import type { AheadReply, AheadRequest } from "./reading-ahead.ts";
import { indexedRecords } from "./record-index.ts";
import { tenantNumber } from "./tenants.ts";

const connection = openReader(workerData as string);

parentPort?.on("message", (request: AheadRequest) => {
  if (request === "end") {
    connection.close();
    parentPort?.close();
    return;
  }
  const { id, name, query } = request;
  try {
    const page = packPage(indexedRecords(connection, tenantNumber(connection, name), query));
    parentPort?.postMessage({ id, page } satisfies AheadReply, buffersOf(page));
  } catch {
    // Whoever needs the page reads it then, and is told what is wrong.
    parentPort?.postMessage({ id, page: null } satisfies AheadReply);
  }
});

parentPort?.postMessage("ready" satisfies AheadReply);
