import fc from "fast-check";
import { expect } from "vitest";
import { EVERYTHING } from "../../core/filter/filter.ts";
import { parseFilter } from "../../core/filter/parse.ts";
import type { SessionKey } from "../../core/session/state.ts";
import { arbitraryLabel } from "../arbitraries.ts";
import { at, deleteRecord, makeMessage, makeRecord, putRecord, START, sessionKey } from "../build.ts";
import { NEIGHBOURS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { idsOf, list, outcome, readOne, type StoreFixture, write } from "./fixture.ts";

const append = (text: string) => [{ operation: "append", messages: [makeMessage(text)] }] as const;

export const tenants = area<StoreFixture>("tenants", (verifies) => {
  verifies("tenants.records", "keeps the records of tenants apart", async ({ store }) => {
    const idempotency = { key: "k", fingerprint: "f", result: "acme's" };
    const put = putRecord(makeRecord("a", { text: "acme's" }), { duplicateKey: "same" });
    await write(store, "acme", [put, putRecord(makeRecord("b"))], START, idempotency);
    await write(store, "acme", [deleteRecord("b", 1), { kind: "alias", id: "b", target: "a" }]);
    for (const other of ["acme2", "acm", "ACME", "acme%", "acme/"]) {
      expect(await readOne(store, other, "a")).toBeNull();
      expect(await readOne(store, other, "b")).toBeNull();
      expect(await list(store, other)).toEqual([]);
      expect(await list(store, other, { asOf: START })).toEqual([]);
      expect(await store.count(other, { filter: EVERYTHING, now: START })).toBe(0);
      expect(await store.history(other, "a")).toEqual([]);
      expect(await store.findDuplicates(other, ["same"], START)).toEqual(new Map());
      expect(await store.recallResult(other, idempotency)).toBeNull();
      expect(await store.indexed(other, { afterRow: 0, limit: 9 })).toEqual([]);
      expect(await store.indexedById(other, ["a"])).toEqual([]);
      expect(await store.rows(other, EVERYTHING, START)).toHaveLength(0);
      expect(await store.erase(other, ["a"], START)).toEqual([]);
      await store.touch(other, ["a"], at(1));
      expect(await store.removeExpired(other, at(1), 9)).toEqual([]);
      expect(await outcome(write(store, other, [deleteRecord("a", 1)]))).toBe("version_conflict");
      const own = putRecord(makeRecord("a", { text: `${other}'s` }), { duplicateKey: "same" });
      expect(await write(store, other, [own], START, { ...idempotency, fingerprint: other })).toEqual([1]);
    }
    expect(await list(store, "acme")).toEqual([{ ...makeRecord("a", { text: "acme's" }), version: 1 }]);
  });

  verifies("tenants.feed", "keeps the feeds of tenants apart", async ({ store }) => {
    await write(store, "acme", [putRecord(makeRecord("a"))]);
    const before = await store.lastSequence("acme");
    await write(store, "other", [putRecord(makeRecord("x")), putRecord(makeRecord("y"))]);
    await store.writeSession(sessionKey("chat", { tenant: "other" }), {
      operations: append("m"),
      now: START,
    });
    expect(await store.lastSequence("acme")).toBe(before);
    expect(idsOf(await store.changes("acme", { after: 0, limit: 9 }))).toEqual(["a"]);
    expect(idsOf(await store.changes("other", { after: 0, limit: 9 }))).toEqual(["x", "y", "chat"]);
  });

  verifies("tenants.list", "names the tenants that keep anything", async ({ store }) => {
    expect(await store.tenants()).toEqual([]);
    await write(store, "acme", [putRecord(makeRecord("a"))]);
    await store.writeSession(sessionKey("chat", { tenant: "sessions only" }), {
      operations: append("m"),
      now: START,
    });
    await readOne(store, "never written", "a");
    await outcome(write(store, "refused", [deleteRecord("a", 1)]));
    expect((await store.tenants()).toSorted()).toEqual(["acme", "sessions only"]);
  });

  verifies("tenants.sessions", "keeps the sessions of tenants apart", async ({ store }) => {
    const idempotency = { key: "k", fingerprint: "f" };
    await store.writeSession(sessionKey("chat"), { operations: append("acme's"), now: START, idempotency });
    for (const tenant of ["acme2", "acm", "ACME", "acme_"]) {
      const key = sessionKey("chat", { tenant });
      expect(await store.readSession(key, { now: START })).toBeNull();
      expect(await store.findSessions(tenant, "chat", START)).toEqual([]);
      expect((await store.listSessions(tenant, { now: START, limit: 9, offset: 0 })).total).toBe(0);
      expect(await store.deleteSession(key, { now: START })).toBe(false);
      const write = { operations: append(tenant), now: START, expectedVersion: 0, idempotency };
      expect(await store.writeSession(key, write)).toMatchObject({ created: true, results: [[tenant]] });
    }
    expect(await store.readSession(sessionKey("chat"), { now: START })).toMatchObject({
      version: 1,
      messages: [{ id: "acme's" }],
    });
  });
});

export const scopes = area<StoreFixture>("ids and scopes", (verifies) => {
  verifies("scopes.ids", "takes no id for another", async ({ store, tenant }) => {
    const records = NEIGHBOURS.map((id) => makeRecord(id));
    await write(
      store,
      tenant,
      records.map((record) => putRecord(record, { duplicateKey: record.id })),
    );
    const stored = await store.read(tenant, NEIGHBOURS, { now: START });
    expect(stored.map((record) => record?.id)).toEqual(NEIGHBOURS);
    for (const id of NEIGHBOURS) {
      expect(await store.history(tenant, id)).toHaveLength(1);
      expect((await store.findDuplicates(tenant, [id], START)).get(id)?.id).toBe(id);
    }
    const [victim, ...others] = NEIGHBOURS;
    await store.erase(tenant, [victim ?? ""], START);
    expect(new Set(idsOf(await list(store, tenant)))).toEqual(new Set(others));
  });

  for (const field of ["namespace", "userId", "agentId", "sessionId"] as const) {
    verifies("scopes.fields", `takes no ${field} for another`, async ({ store, tenant }) => {
      const records = NEIGHBOURS.map((label, index) => makeRecord(`r${index}`, { [field]: label }));
      await write(
        store,
        tenant,
        [...records, makeRecord("none")].map((record) => putRecord(record)),
      );
      for (const [index, label] of NEIGHBOURS.entries()) {
        const filter = parseFilter({ [field]: label });
        expect(idsOf(await list(store, tenant, { filter })), label).toEqual([`r${index}`]);
        expect(await store.count(tenant, { filter, now: START })).toBe(1);
        expect(await store.rows(tenant, filter, START)).toHaveLength(1);
      }
      expect(idsOf(await list(store, tenant, { filter: parseFilter({ [field]: null }) }))).toEqual(["none"]);
    });
  }

  verifies("scopes.sessions", "takes no session for another", async ({ store, tenant }) => {
    const keys: SessionKey[] = [
      ...NEIGHBOURS.map((label) => sessionKey(label, { tenant })),
      ...NEIGHBOURS.map((label) => sessionKey("chat", { tenant, userId: label })),
      ...NEIGHBOURS.map((label) => sessionKey("chat", { tenant, namespace: label })),
      sessionKey("b", { tenant, namespace: "a" }),
      sessionKey("b", { tenant, userId: "a" }),
      sessionKey("a", { tenant, userId: "b" }),
    ];
    for (const [index, key] of keys.entries())
      await store.writeSession(key, { operations: append(`m${index}`), now: START, expectedVersion: 0 });
    for (const [index, key] of keys.entries()) {
      const state = await store.readSession(key, { now: START });
      expect(
        state?.messages.map(({ id }) => id),
        JSON.stringify(key),
      ).toEqual([`m${index}`]);
      expect(state).toMatchObject({ sessionId: key.sessionId, namespace: key.namespace, userId: key.userId });
    }
    for (const label of NEIGHBOURS.filter((neighbour) => neighbour !== "a")) {
      const query = { now: START, limit: 99, offset: 0 };
      expect((await store.listSessions(tenant, { ...query, userId: label })).total, label).toBe(
        label === "b" ? 2 : 1,
      );
      expect((await store.listSessions(tenant, { ...query, namespace: label })).total).toBe(1);
    }
  });

  verifies("scopes.sessions", "takes no pair of any two keys for one another", async ({ store, runs }) => {
    const part = fc.option(arbitraryLabel(), { nil: null });
    const key = fc.record({
      tenant: arbitraryLabel(),
      namespace: part,
      userId: part,
      sessionId: arbitraryLabel(),
    });
    const property = fc.asyncProperty(key, key, async (one, other) => {
      fc.pre(JSON.stringify(Object.values(one)) !== JSON.stringify(Object.values(other)));
      await store.deleteSession(other, { now: START });
      const { version } = await store.writeSession(one, { operations: append("m"), now: START });
      expect(await store.readSession(other, { now: START })).toBeNull();
      expect((await store.readSession(one, { now: START }))?.version).toBe(version);
    });
    await fc.assert(property, { numRuns: runs });
  });
});
