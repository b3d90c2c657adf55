import { expect } from "vitest";
import { EVERYTHING } from "../../core/filter/filter.ts";
import { parseFilter } from "../../core/filter/parse.ts";
import type { Change, Store } from "../../core/store.ts";
import {
  at,
  deleteRecord,
  makeEntry,
  makeMessage,
  makeRecord,
  putRecord,
  START,
  sessionKey,
} from "../build.ts";
import { area } from "../suite.ts";
import { type StoreFixture, write } from "./fixture.ts";

/** The whole feed, read in pages. */
export async function wholeFeed(store: Store, tenant: string, limit = 100): Promise<Change[]> {
  const changes: Change[] = [];
  for (;;) {
    const page = await store.changes(tenant, { after: changes.at(-1)?.sequence ?? 0, limit });
    if (page.length === 0) return changes;
    changes.push(...page);
  }
}

export const feed = area<StoreFixture>("change feed", (verifies) => {
  verifies("feed.entries", "tells every change of a record, in order", async ({ store, tenant }) => {
    expect(await store.lastSequence(tenant)).toBe(0);
    expect(await store.changes(tenant, { after: 0, limit: 10 })).toEqual([]);
    const scope = { namespace: "n/s", userId: "alice", agentId: "agent", sessionId: "chat" };
    const scoped = makeRecord("a", scope);
    const first = await store.write(tenant, {
      writes: [putRecord(scoped), putRecord(makeRecord("b"))],
      now: at(1),
    });
    await write(store, tenant, [putRecord(scoped, { expectedVersion: 1 })], at(2));
    await write(
      store,
      tenant,
      [deleteRecord("b", 1, "merge"), { kind: "alias", id: "b", target: "a" }],
      at(3),
    );
    const last = await store.write(tenant, { writes: [deleteRecord("a", 2, "forget")], now: at(4) });
    const changes = await store.changes(tenant, { after: 0, limit: 10 });
    const nobody = { namespace: null, userId: null, agentId: null, sessionId: null };
    expect(changes.map(({ sequence: _, ...change }) => change)).toEqual([
      { kind: "record", change: "create", id: "a", version: 1, at: at(1), ...scope },
      { kind: "record", change: "create", id: "b", version: 1, at: at(1), ...nobody },
      { kind: "record", change: "update", id: "a", version: 2, at: at(2), ...scope },
      { kind: "record", change: "merge", id: "b", version: 2, at: at(3), ...nobody },
      { kind: "record", change: "forget", id: "a", version: 3, at: at(4), ...scope },
    ]);
    expect(first.sequence).toBe(changes[1]?.sequence);
    expect(last.sequence).toBe(changes[4]?.sequence);
    expect(await store.lastSequence(tenant)).toBe(last.sequence);
  });

  verifies("feed.sessions", "tells every change of a session", async ({ store, tenant }) => {
    const key = sessionKey("chat", { tenant, namespace: "n", userId: "alice" });
    const operations = [{ operation: "append", messages: [makeMessage("m1")] }] as const;
    await store.writeSession(key, { operations, now: at(1) });
    await store.writeSession(key, { operations, now: at(2) });
    await store.deleteSession(key, { now: at(3) });
    await store.writeSession(key, { operations: [{ operation: "setTimeToLive", seconds: 5 }], now: at(4) });
    await store.removeExpiredSessions(at(9), 10);
    const changes = await store.changes(tenant, { after: 0, limit: 10 });
    const scope = { namespace: "n", userId: "alice", agentId: null, sessionId: "chat" };
    for (const change of changes) expect(change).toMatchObject({ kind: "session", id: "chat", ...scope });
    expect(changes.map(({ change }) => change)).toEqual(["create", "update", "delete", "create", "delete"]);
    expect(changes.map((change) => change.at)).toEqual([at(1), at(2), at(3), at(4), at(9)]);
    expect(changes.slice(0, 2).map(({ version }) => version)).toEqual([1, 2]);
  });

  verifies("feed.pages", "gives what came after a sequence number", async ({ store, tenant }) => {
    for (let index = 0; index < 7; index++) await write(store, tenant, [putRecord(makeRecord(`r${index}`))]);
    const all = await store.changes(tenant, { after: 0, limit: 100 });
    expect(all.map(({ id }) => id)).toEqual(["r0", "r1", "r2", "r3", "r4", "r5", "r6"]);
    for (const limit of [1, 2, 3, 7, 8]) expect(await wholeFeed(store, tenant, limit)).toEqual(all);
    const sequences = all.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((left, right) => left - right));
    expect(new Set(sequences).size).toBe(7);
    expect(await store.changes(tenant, { after: sequences[6] ?? 0, limit: 5 })).toEqual([]);
  });

  verifies("feed.follow", "hides nothing from a follower while others write", async (fixture) => {
    const { store, tenant } = fixture;
    const writers = [await fixture.another(), await fixture.another()];
    const seen: Change[] = [];
    const writing = { done: false };
    const follow = async () => {
      for (;;) {
        const last = writing.done;
        const page = await store.changes(tenant, { after: seen.at(-1)?.sequence ?? 0, limit: 3 });
        seen.push(...page);
        if (last && page.length === 0) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const write = async (writer: Store, name: string) => {
      for (let index = 0; index < 25; index++) {
        const record = putRecord(makeRecord(`${name}-${index}`));
        await writer.write(tenant, { writes: [record], now: START });
      }
    };
    const following = follow();
    await Promise.all(writers.map((writer, index) => write(writer, `w${index}`)));
    writing.done = true;
    await following;
    expect(seen).toEqual(await wholeFeed(store, tenant));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(50);
  });
});

export const index = area<StoreFixture>("index entries", (verifies) => {
  const rowsOf = async (store: Store, tenant: string) =>
    (await store.indexed(tenant, { afterRow: 0, limit: 1000 })).map(({ id, row }) => [id, row] as const);

  verifies("index.entries", "gives entries back exactly, by rising row", async ({ store, tenant }) => {
    const embedded = makeEntry({
      vector: Float32Array.of(0.1, -1, 1e-30, 3.4e38),
      features: Uint8Array.from({ length: 5000 }, (_, index) => index),
    });
    const waiting = makeEntry({ embedder: "other", vector: null, analyzer: "", features: new Uint8Array(0) });
    // A window on a larger buffer: only the window belongs to the record.
    const window = makeEntry({
      vector: new Float32Array(64).fill(0.5).subarray(8, 12),
      features: new Uint8Array(64).fill(5).subarray(3, 5),
    });
    const writes = [embedded, waiting, window].map((entry, row) =>
      putRecord(makeRecord(`r${row}`), { entry }),
    );
    await write(store, tenant, writes);
    const indexed = await store.indexed(tenant, { afterRow: 0, limit: 10 });
    expect(indexed.map(({ entry }) => entry)).toEqual([
      embedded,
      waiting,
      makeEntry({ vector: new Float32Array(4).fill(0.5), features: Uint8Array.of(5, 5) }),
    ]);
    expect(indexed.map(({ id }) => id)).toEqual(["r0", "r1", "r2"]);
    const rows = indexed.map(({ row }) => row);
    expect(rows).toEqual(rows.toSorted((left, right) => left - right));
    expect(Math.min(...rows)).toBeGreaterThan(0);
    const byId = await store.indexedById(tenant, ["r2", "none", "r0"]);
    expect(byId.toSorted((left, right) => left.row - right.row)).toEqual([indexed[0], indexed[2]]);
  });

  verifies("index.pages", "pages by row and restricts to a user", async ({ store, tenant }) => {
    const users = ["alice", "bob", null, "alice", "Alice", null];
    await write(
      store,
      tenant,
      users.map((userId, row) => putRecord(makeRecord(`r${row}`, { userId }))),
    );
    const all = await store.indexed(tenant, { afterRow: 0, limit: 100 });
    for (const limit of [1, 2, 4]) {
      const walked: typeof all = [];
      for (;;) {
        const afterRow = walked.at(-1)?.row ?? 0;
        const page = await store.indexed(tenant, { afterRow, limit, readsOn: limit < 4 });
        if (page.length === 0) break;
        walked.push(...page);
      }
      expect(walked).toEqual(all);
    }
    for (const userId of ["alice", "bob", null, "nobody"]) {
      const some = await store.indexed(tenant, { afterRow: 0, limit: 100, userId });
      expect(some).toEqual(all.filter((_, row) => users[row] === userId));
    }
  });

  verifies("index.rows", "gives the rows that a filter leaves, rising", async ({ store, tenant }) => {
    const users = ["alice", "bob", "alice"];
    await write(
      store,
      tenant,
      users.map((userId, row) => putRecord(makeRecord(`r${row}`, { userId }))),
    );
    await write(store, tenant, [putRecord(makeRecord("r0", { userId: "carol" }), { expectedVersion: 1 })]);
    const rows = new Map(await rowsOf(store, tenant));
    const found = await store.rows(tenant, parseFilter({ userId: "alice" }), START);
    expect(found).toBeInstanceOf(Uint32Array);
    expect([...found]).toEqual([rows.get("r2")]);
    const all = [...(await store.rows(tenant, EVERYTHING, START))];
    expect(all).toEqual([...rows.values()].toSorted((left, right) => left - right));
    expect(await store.rows(tenant, parseFilter({ userId: "nobody" }), START)).toHaveLength(0);
  });

  verifies("index.rows-not-reused", "never gives a row number again", async (fixture) => {
    const { store, tenant } = fixture;
    await write(store, tenant, [putRecord(makeRecord("a")), putRecord(makeRecord("b"))]);
    const highest = Math.max(...(await rowsOf(store, tenant)).map(([, row]) => row));
    await write(store, tenant, [deleteRecord("b", 1)]);
    await store.erase(tenant, ["a"], START);
    const again = await fixture.reopen();
    await write(again, tenant, [putRecord(makeRecord("b")), putRecord(makeRecord("c"))]);
    const rows = (await rowsOf(again, tenant)).map(([, row]) => row);
    expect(Math.min(...rows)).toBeGreaterThan(highest);
  });

  verifies(
    "index.reindex",
    "replaces entries of the version they were made from",
    async ({ store, tenant }) => {
      await write(
        store,
        tenant,
        ["a", "b", "gone"].map((id) => putRecord(makeRecord(id))),
      );
      await write(store, tenant, [
        putRecord(makeRecord("b"), { expectedVersion: 1 }),
        deleteRecord("gone", 1),
      ]);
      const before = await store.indexed(tenant, { afterRow: 0, limit: 10 });
      const history = await store.history(tenant, "a");
      const entry = makeEntry({ embedder: "new", vector: Float32Array.of(1), features: Uint8Array.of(1) });
      await store.reindex(
        tenant,
        ["a", "b", "gone", "never"].map((id) => ({ id, version: 1, entry })),
      );
      const expected = before.map((one) => (one.id === "a" ? { ...one, entry } : one));
      expect(await store.indexed(tenant, { afterRow: 0, limit: 10 })).toEqual(expected);
      expect(await store.history(tenant, "a")).toEqual(history);
    },
  );

  verifies("index.stale", "names what another embedder or analyser made", async ({ store, tenant }) => {
    const current = makeEntry();
    const entries = {
      waiting: makeEntry({ vector: null }),
      current,
      "other embedder": makeEntry({ embedder: "test-30" }),
      "other analyser": makeEntry({ analyzer: "test2" }),
      gone: makeEntry({ vector: null }),
    };
    const writes = Object.entries(entries).map(([id, entry]) => putRecord(makeRecord(id), { entry }));
    await write(store, tenant, [...writes, deleteRecord("gone", 1)]);
    const query = { embedder: current.embedder, analyzer: current.analyzer, limit: 10 };
    const stale = ["waiting", "other embedder", "other analyser"];
    expect(await store.staleEntries(tenant, query)).toEqual(stale);
    expect(await store.staleEntries(tenant, { ...query, limit: 2 })).toEqual(stale.slice(0, 2));
    expect(await store.staleEntries("other", query)).toEqual([]);
    await store.reindex(
      tenant,
      stale.map((id) => ({ id, version: 1, entry: current })),
    );
    expect(await store.staleEntries(tenant, query)).toEqual([]);
  });
});
