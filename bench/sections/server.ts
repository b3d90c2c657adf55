import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { USERS, userOf } from "../corpus/corpus.ts";
import { type Autocannon, type LoadResult, loadAutocannon } from "../load/autocannon.ts";
import { appends, MOST_CONNECTIONS, type Requests, searches, searchRequest } from "../load/requests.ts";
import { startServer } from "../load/server.ts";
import { type Hold, holdRow } from "../measuring/event-loop.ts";
import type { Row } from "../report/row.ts";
import type { SectionOptions } from "./section.ts";

const CONNECTIONS = [1, 8, MOST_CONNECTIONS];
/** Rounds of `seconds` that each kind of load lasts. */
const ROUNDS = 3;

/** Requests over HTTP: searches for users, and messages appended to sessions. */
export async function measureServer({ size, store, folder, seconds }: SectionOptions): Promise<Row[]> {
  const autocannon = await loadAutocannon();
  const copy = join(folder, "served.db");
  await copyFile(store, copy);
  const server = await startServer(copy);
  const load = (requests: Requests, connections: number) =>
    run(autocannon, { url: server.url, connections, duration: Math.ceil(seconds * ROUNDS), requests });
  await readIndex(server.url);
  const rows: Row[] = [];
  for (const { name, requests } of [
    { name: "search for a user", requests: searches(size) },
    { name: "append a message", requests: appends },
  ]) {
    // Lets the engine compile what runs.
    await load(requests, 8);
    for (const connections of CONNECTIONS) {
      await server.longestHold();
      const result = await load(requests, connections);
      rows.push(...toRows(`${name}, ${connections} at once`, size, result, await server.longestHold()));
    }
  }
  await server.stop();
  return rows;
}

/** One search for each user, so that what is measured does not wait for the index to be read. */
async function readIndex(url: string): Promise<void> {
  for (let user = 0; user < USERS; user++) {
    const { path, ...request } = searchRequest("anything", userOf(user));
    await fetch(`${url}${path}`, request);
  }
}

async function run(
  autocannon: Autocannon,
  { requests, ...options }: { url: string; connections: number; duration: number; requests: Requests },
): Promise<LoadResult> {
  let connection = 0;
  const result = await autocannon({
    ...options,
    setupClient: (client) => client.setRequests(requests(connection++)),
  });
  const failed = result.errors + result.timeouts + result.non2xx;
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return result;
}

function toRows(name: string, records: number, { requests, latency }: LoadResult, hold: Hold): Row[] {
  return [
    { section: "server, requests", name, records, unit: "/s", value: requests.average },
    { section: "server, time of a request", name, records, unit: "ms", value: latency.p50, p99: latency.p99 },
    holdRow(`serving: ${name}`, records, hold),
  ];
}
