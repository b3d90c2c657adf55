import { expect } from "vitest";
import { EVERYTHING } from "../../core/filter/filter.ts";
import type { SessionOperation } from "../../core/session/operations.ts";
import type { Store } from "../../core/store.ts";
import { at, deleteRecord, makeMessage, makeRecord, putRecord, START, sessionKey } from "../build.ts";
import { area } from "../suite.ts";
import { list, outcome, readOne, type StoreFixture, write } from "./fixture.ts";

const CHAT = sessionKey("chat", { namespace: "n", userId: "alice" });

/** Everything there is to see of a tenant. */
async function everything(store: Store, tenant: string) {
  return {
    records: await list(store, tenant),
    past: await list(store, tenant, { asOf: at(1), now: at(9) }),
    history: await store.history(tenant, "a"),
    changes: await store.changes(tenant, { after: 0, limit: 100 }),
    sequence: await store.lastSequence(tenant),
    indexed: await store.indexed(tenant, { afterRow: 0, limit: 100 }),
    duplicates: await store.findDuplicates(tenant, ["k"], START),
    alias: await readOne(store, tenant, "gone"),
    session: await store.readSession(CHAT, { now: START }),
    sessions: await store.listSessions(tenant, { now: START, limit: 9, offset: 0 }),
    tenants: await store.tenants(),
  };
}

export const durability = area<StoreFixture>("durability", (verifies) => {
  verifies("durability.reopen", "has everything after closing and opening again", async (fixture) => {
    const { store, tenant } = fixture;
    const idempotency = { key: "k", fingerprint: "f" };
    const a = makeRecord("a", { metadata: { deep: [1] } });
    await write(store, tenant, [putRecord(a, { duplicateKey: "k" })], at(1), {
      ...idempotency,
      result: "kept",
    });
    await write(store, tenant, [putRecord(a, { expectedVersion: 1, duplicateKey: "k" })], at(2));
    await write(store, tenant, [putRecord(makeRecord("gone"))], at(2));
    await write(
      store,
      tenant,
      [deleteRecord("gone", 1, "merge"), { kind: "alias", id: "gone", target: "a" }],
      at(3),
    );
    const operations: SessionOperation[] = [
      { operation: "append", messages: [makeMessage("m1"), makeMessage("m2")] },
      { operation: "setData", values: { a: { b: [1] } } },
      { operation: "pushList", list: "l", values: [1, "two"] },
      { operation: "setTimeToLive", seconds: 60, sliding: false },
    ];
    const receipt = await store.writeSession(CHAT, {
      operations,
      now: START,
      idempotency: { key: "s", fingerprint: "f" },
    });
    const before = await everything(store, tenant);
    const again = await fixture.reopen();
    expect(await everything(again, tenant)).toEqual(before);
    expect(await again.recallResult(tenant, idempotency)).toBe("kept");
    const repeated = { operations, now: START, idempotency: { key: "s", fingerprint: "f" } };
    expect(await again.writeSession(CHAT, repeated)).toEqual(receipt);
    expect(await write(again, tenant, [putRecord(makeRecord("gone"))], at(4))).toEqual([3]);
    const last = await again.changes(tenant, { after: before.sequence, limit: 9 });
    expect(last).toMatchObject([{ id: "gone", version: 3 }]);
    expect(await again.check()).toEqual([]);
  });
});

export const lifecycle = area<StoreFixture>("lifecycle", (verifies) => {
  verifies("lifecycle.closed", "refuses every call on a closed handle", async ({ store, tenant }) => {
    await store.close();
    await store.close();
    const now = START;
    const calls = [
      store.read(tenant, ["a"], { now }),
      store.findDuplicates(tenant, ["k"], now),
      store.recallResult(tenant, { key: "k", fingerprint: "f" }),
      store.write(tenant, { writes: [putRecord(makeRecord("a"))], now }),
      list(store, tenant),
      store.count(tenant, { filter: EVERYTHING, now }),
      store.history(tenant, "a"),
      store.ids(tenant, { cursor: null, limit: 1 }),
      store.forgetVersions(tenant, ["a"], { newest: 1, since: null }),
      store.aliases(tenant, { cursor: null, limit: 1 }),
      store.touch(tenant, ["a"], now),
      store.erase(tenant, ["a"], now),
      store.changes(tenant, { after: 0, limit: 1 }),
      store.forgetChanges(tenant, now, 1),
      store.lastSequence(tenant),
      store.takeChanges(tenant, { source: "other", after: 0, changes: [] }),
      store.indexed(tenant, { afterRow: 0, limit: 1 }),
      store.indexedById(tenant, ["a"]),
      store.rows(tenant, EVERYTHING, now),
      store.reindex(tenant, []),
      store.staleEntries(tenant, { embedder: "e", analyzer: "a", limit: 1 }),
      store.removeExpired(tenant, now, 1),
      store.tenants(),
      store.readSession(CHAT, { now }),
      store.writeSession(CHAT, { operations: [], now }),
      store.deleteSession(CHAT, { now }),
      store.findSessions(tenant, "chat", now),
      store.listSessions(tenant, { now, limit: 1, offset: 0 }),
      store.removeExpiredSessions(now, 1),
      store.check(),
    ];
    const outcomes = await Promise.all(calls.map(outcome));
    expect(outcomes).toEqual(calls.map(() => "store_closed"));
  });

  verifies("lifecycle.handles", "closes one handle without the others", async (fixture) => {
    const { store, tenant } = fixture;
    const second = await fixture.another();
    await write(second, tenant, [putRecord(makeRecord("a"))]);
    await second.close();
    expect((await readOne(store, tenant, "a"))?.id).toBe("a");
    await write(store, tenant, [putRecord(makeRecord("b"))]);
    expect(await list(await fixture.another(), tenant)).toHaveLength(2);
  });

  verifies("lifecycle.close-waits", "carries out what was called before closing", async (fixture) => {
    const { store, tenant } = fixture;
    const writes = Array.from({ length: 10 }, (_, index) =>
      write(store, tenant, [putRecord(makeRecord(`r${index}`))]),
    );
    const closing = store.close();
    const results = await Promise.all(writes.map(outcome));
    await closing;
    const acknowledged = results.filter((result) => result === "resolved").length;
    expect(results.filter((result) => result !== "resolved" && result !== "store_closed")).toEqual([]);
    expect(await list(await fixture.reopen(), tenant)).toHaveLength(acknowledged);
  });

  verifies("lifecycle.check", "finds nothing wrong with sound data", async ({ store, tenant }) => {
    expect(await store.check()).toEqual([]);
    await write(store, tenant, [
      putRecord(makeRecord("a"), { duplicateKey: "k" }),
      putRecord(makeRecord("b")),
    ]);
    await write(store, tenant, [deleteRecord("b", 1), { kind: "alias", id: "b", target: "a" }]);
    await store.writeSession(CHAT, { operations: [{ operation: "increment", key: "n", by: 1 }], now: START });
    expect(await store.check()).toEqual([]);
  });

  verifies("lifecycle.name", "names its engine", async ({ store }) => {
    expect(store.name).toMatch(/^[a-z][a-z0-9-]*$/);
  });
});
