import { PGlite } from "@electric-sql/pglite";
import { afterAll, expect, test } from "vitest";
import { EVERYTHING } from "../../../src/core/filter/filter.ts";
import type { SessionOperation } from "../../../src/core/session/operations.ts";
import { databaseOn } from "../../../src/stores/postgres/database.ts";
import { migrate } from "../../../src/stores/postgres/migrations.ts";
import { pgliteDriver } from "../../../src/stores/postgres/pglite-driver.ts";
import { storeOn } from "../../../src/stores/postgres/store.ts";
import {
  deleteRecord,
  makeEntry,
  makeMessage,
  makeRecord,
  putRecord,
  START,
  sessionKey,
} from "../../../src/testing/build.ts";

const pglite = await PGlite.create();
afterAll(() => pglite.close());

const driver = pgliteDriver(pglite, async () => undefined);
await migrate(driver, "memoir");

let flights = 0;

/** A handle of its own, on the data they all share. */
function handle() {
  const counting: typeof driver = {
    ...driver,
    flight(statements) {
      flights++;
      return driver.flight(statements);
    },
  };
  return storeOn("pglite", databaseOn(counting, { schema: "memoir", name: "test", timeoutMs: 10_000 }));
}

/** How many flights a call takes. */
async function flightsOf(call: () => Promise<unknown>): Promise<number> {
  const before = flights;
  await call();
  return flights - before;
}

const now = START;
const append = (id: string): SessionOperation[] => [{ operation: "append", messages: [makeMessage(id)] }];

test("every operation on records is one flight", async () => {
  const store = handle();
  const query = { filter: EVERYTHING, now, order: "newest", limit: 10 } as const;
  const many = Array.from({ length: 1000 }, (_, index) => putRecord(makeRecord(`m${index}`)));
  const calls: [string, () => Promise<unknown>][] = [
    [
      "create",
      () => store.write("acme", { writes: [putRecord(makeRecord("a"), { duplicateKey: "k" })], now }),
    ],
    ["create a thousand", () => store.write("acme", { writes: many, now })],
    [
      "update",
      () => store.write("acme", { writes: [putRecord(makeRecord("a"), { expectedVersion: 1 })], now }),
    ],
    [
      "delete and merge",
      () =>
        store.write("acme", {
          writes: [deleteRecord("m1", 1), { kind: "alias", id: "m1", target: "a" }],
          now,
        }),
    ],
    ["read", () => store.read("acme", ["a", "m1"], { now })],
    ["read the past", () => store.read("acme", ["a", "m1"], { now, asOf: now })],
    ["find duplicates", () => store.findDuplicates("acme", ["k", "l"], now)],
    ["recall a result", () => store.recallResult("acme", { key: "k", fingerprint: "f" })],
    ["list", () => store.list("acme", query)],
    ["count", () => store.count("acme", query)],
    ["history", () => store.history("acme", "a")],
    ["touch", () => store.touch("acme", ["a", "m2"], now)],
    ["changes", () => store.changes("acme", { after: 0, limit: 100 })],
    ["last sequence", () => store.lastSequence("acme")],
    ["entries", () => store.indexed("acme", { afterRow: 0, limit: 100 })],
    ["entries by id", () => store.indexedById("acme", ["a"])],
    ["rows", () => store.rows("acme", EVERYTHING, now)],
    ["reindex", () => store.reindex("acme", [{ id: "a", version: 2, entry: makeEntry() }])],
    ["stale entries", () => store.staleEntries("acme", { embedder: "e", analyzer: "a", limit: 5 })],
    ["remove expired", () => store.removeExpired("acme", now, 10)],
    ["erase", () => store.erase("acme", ["a", "m3"], now)],
    ["take changes", () => store.takeChanges("acme", { source: "s", after: 0, changes: [] })],
    ["tenants", () => store.tenants()],
  ];
  for (const [name, call] of calls) expect([name, await flightsOf(call)]).toEqual([name, 1]);
});

test("a conversation that one process holds costs one flight for each operation", async () => {
  const store = handle();
  const key = sessionKey("chat");
  for (let turn = 0; turn < 5; turn++) {
    expect(await flightsOf(() => store.writeSession(key, { operations: append(`m${turn}`), now }))).toBe(1);
    expect(await flightsOf(() => store.readSession(key, { now, newest: 3 }))).toBe(1);
  }
  const operations: SessionOperation[] = [
    { operation: "setData", values: { a: 1 } },
    { operation: "pushList", list: "l", values: [1] },
    { operation: "setTimeToLive", seconds: 60 },
  ];
  expect(await flightsOf(() => store.writeSession(key, { operations, now, expectedVersion: 5 }))).toBe(1);
  expect(await flightsOf(() => store.listSessions("acme", { now, limit: 10, offset: 0 }))).toBe(1);
  expect(await flightsOf(() => store.findSessions("acme", "chat", now))).toBe(1);
  expect(await flightsOf(() => store.deleteSession(key, { now }))).toBe(1);
});

test("what another process wrote meanwhile costs one flight more", async () => {
  const [one, other] = [handle(), handle()];
  const key = sessionKey("shared");
  await one.writeSession(key, { operations: append("m1"), now });
  expect(await flightsOf(() => other.writeSession(key, { operations: append("m2"), now }))).toBe(2);
  expect(await flightsOf(() => one.writeSession(key, { operations: append("m3"), now }))).toBe(2);
  expect(await flightsOf(() => one.writeSession(key, { operations: append("m4"), now }))).toBe(1);
  // Ids that may be there already have to be asked for.
  expect(await flightsOf(() => one.writeSession(key, { operations: append("m1"), now }))).toBe(2);
  const patch: SessionOperation = { operation: "patchMessages", ids: ["m2"], patch: { extracted: true } };
  expect(await flightsOf(() => one.writeSession(key, { operations: [patch], now }))).toBe(2);
});

test("writes of one moment cost two flights, however many, and one that is refused is nothing to the others", async () => {
  const store = handle();
  const create = (id: string) => store.write("crowd", { writes: [putRecord(makeRecord(id))], now });
  await create("taken");
  const ids = Array.from({ length: 40 }, (_, index) => `c${index}`);
  expect(await flightsOf(() => Promise.all(ids.map(create)))).toBe(2);
  const outcomes = await Promise.allSettled(["d1", "d2", "taken", "d3", "c7", "d4"].map(create));
  const reasons = outcomes.map((outcome) =>
    outcome.status === "rejected" ? outcome.reason.code : outcome.value.versions,
  );
  expect(reasons).toEqual([[1], [1], "version_conflict", [1], "version_conflict", [1]]);
  const changes = await store.changes("crowd", { after: 0, limit: 100 });
  expect(changes.map(({ id }) => id)).toEqual(["taken", ...ids, "d1", "d2", "d3", "d4"]);
  expect(await store.check()).toEqual([]);
});

test("conversations of one moment share a flight too", async () => {
  const store = handle();
  const chats = Array.from({ length: 20 }, (_, index) => sessionKey(`crowd-${index}`));
  const say = (id: string) =>
    Promise.all(chats.map((key) => store.writeSession(key, { operations: append(id), now })));
  await say("m1");
  expect(await flightsOf(() => say("m2"))).toBe(2);
  for (const key of chats) expect((await store.readSession(key, { now }))?.messages).toHaveLength(2);
});
