import { expect, test } from "vitest";
import { EVERYTHING, type Filter } from "../../../src/core/filter/filter.ts";
import { parseFilter } from "../../../src/core/filter/parse.ts";
import { type Connection, openConnection, type SqlValue } from "../../../src/stores/sqlite/driver.ts";
import { readChanges } from "../../../src/stores/sqlite/feed.ts";
import { defineFunctions } from "../../../src/stores/sqlite/functions.ts";
import { indexedRecords } from "../../../src/stores/sqlite/record-index.ts";
import { countRecords, listRecords } from "../../../src/stores/sqlite/record-list.ts";
import { listSessions } from "../../../src/stores/sqlite/session-list.ts";
import { at } from "../../../src/testing/build.ts";
import { openScratch, scratchPath } from "./scratch.ts";

/** The steps SQLite plans for the query that `work` makes. */
async function planOf(work: (connection: Connection) => unknown): Promise<string> {
  const path = scratchPath();
  await openScratch(path);
  const connection = openConnection(path, { readOnly: true });
  defineFunctions(connection);
  const steps: string[] = [];
  const explain = (text: string, ...values: readonly SqlValue[]) => {
    const rows = connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, ...values);
    steps.push(...rows.map(({ detail }) => detail));
  };
  try {
    work({
      ...connection,
      get: (text, ...values) => {
        explain(text, ...values);
        return undefined;
      },
      all: (text, ...values) => {
        explain(text, ...values);
        return [];
      },
      tuples: (text, ...values) => {
        explain(text, ...values);
        return [];
      },
    });
  } finally {
    connection.close();
  }
  return steps.join("\n");
}

const listPlan = (filter: Filter, part: { asOf?: string; after?: { createdAt: string; id: string } } = {}) =>
  planOf((connection) =>
    listRecords(connection, 1, {
      filter: parseFilter(filter),
      now: at(0),
      order: "newest",
      limit: 100,
      ...part,
    }),
  );

test.each([
  [{ userId: "alice" }, "records_of_user_by_time (tenant=? AND user_id=?)"],
  [{ userId: null }, "records_of_user_by_time (tenant=? AND user_id=?)"],
  [{ namespace: "app" }, "records_of_namespace (tenant=? AND namespace=?)"],
  [{ agentId: "helper" }, "records_of_agent (tenant=? AND agent_id=?)"],
  [{ sessionId: "chat" }, "records_of_session (tenant=? AND session_id=?)"],
  [{}, "records_by_time (tenant=?)"],
])("a page of %j is read in order from an index", async (filter, index) => {
  const plan = await listPlan(filter);
  expect(plan).toContain(index);
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
});

test("a user is preferred to a namespace, which may hold every user", async () => {
  expect(await listPlan({ namespace: "app", userId: "alice" })).toContain("records_of_user_by_time");
});

test("the next page begins where the last ended", async () => {
  const plan = await listPlan({ userId: "alice" }, { after: { createdAt: at(0), id: "a" } });
  expect(plan).toContain("(tenant=? AND user_id=? AND created_at<?)");
});

test("a page of the past is read in order from an index", async () => {
  const plan = await listPlan({ userId: "alice" }, { asOf: at(0) });
  expect(plan).toContain("versions_of_user_by_time (tenant=? AND user_id=?)");
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
});

test("counting what a user has now needs nothing but an index", async () => {
  const filter = parseFilter({ userId: "alice", validTo: null });
  const plan = await planOf((connection) => countRecords(connection, 1, { filter, now: at(0) }));
  expect(plan).toContain("COVERING INDEX records_of_user ");
});

test.each([undefined, null, "alice"])("index entries of user %j come by row", async (userId) => {
  const query = { afterRow: 7, limit: 10, ...(userId !== undefined && { userId }) };
  const plan = await planOf((connection) => indexedRecords(connection, 1, query));
  expect(plan).toContain("row>?");
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
});

test("the sessions of a user are listed in order and counted from an index", async () => {
  const query = { now: at(0), userId: "alice", limit: 10, offset: 0 };
  const plan = await planOf((connection) => listSessions(connection, 1, query));
  expect(plan).toContain("INDEX sessions_of_user_by_time (tenant=? AND user_id=?)");
  expect(plan).toContain("COVERING INDEX sessions_of_user_by_time (tenant=? AND user_id=?)");
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
});

test("a tenant's feed is read from where its reader stopped", async () => {
  const plan = await planOf((connection) => readChanges(connection, 1, { after: 5, limit: 10 }));
  expect(plan).toContain("changes_of_tenant (tenant=? AND rowid>?)");
});

test("everything is listed without a full sort", async () => {
  const query = { filter: EVERYTHING, now: at(0), order: "oldest", limit: 10 } as const;
  const plan = await planOf((connection) => listRecords(connection, 1, query));
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE FOR ORDER BY/);
});
