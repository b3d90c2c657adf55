import { expect } from "vitest";
import { EVERYTHING } from "../../core/filter/filter.ts";
import { parseFilter } from "../../core/filter/parse.ts";
import { at, deleteRecord, makeRecord, putRecord, START } from "../build.ts";
import { area } from "../suite.ts";
import { idsOf, list, outcome, readOne, type StoreFixture, write } from "./fixture.ts";

export const history = area<StoreFixture>("history", (verifies) => {
  verifies(
    "history.versions",
    "keeps every version with who, why and how sure",
    async ({ store, tenant }) => {
      const first = makeRecord("a", { text: "first" });
      const second = { ...first, text: "second", userId: "alice" };
      const note = { actor: "tester", reason: "because", confidence: 0.75 };
      await write(store, tenant, [putRecord(first)], at(1));
      await write(store, tenant, [putRecord(second, { expectedVersion: 1, note })], at(2));
      await write(store, tenant, [deleteRecord("a", 2, "forget", { reason: "old" })], at(3));
      await write(store, tenant, [putRecord(first, { change: "merge" })], at(4));
      const silent = { actor: null, reason: null, confidence: null };
      expect(await store.history(tenant, "a")).toEqual([
        { version: 1, change: "create", at: at(1), ...silent, record: { ...first, version: 1 } },
        { version: 2, change: "update", at: at(2), ...note, record: { ...second, version: 2 } },
        {
          version: 3,
          change: "forget",
          at: at(3),
          ...silent,
          reason: "old",
          record: { ...second, version: 2 },
        },
        { version: 4, change: "merge", at: at(4), ...silent, record: { ...first, version: 4 } },
      ]);
      expect(await store.history(tenant, "never")).toEqual([]);
    },
  );

  verifies("history.as-of", "answers as it was known at an instant", async ({ store, tenant }) => {
    const record = makeRecord("a", { text: "first", userId: "alice" });
    const update = { ...record, text: "second", userId: "bob" };
    await write(store, tenant, [putRecord(record)], at(10));
    await write(store, tenant, [putRecord(update, { expectedVersion: 1, change: "merge" })], at(20));
    await write(store, tenant, [deleteRecord("a", 2, "merge")], at(30));
    await write(store, tenant, [putRecord(record)], at(40));
    const alice = parseFilter({ userId: "alice" });
    const expected = [
      [9, null, 0],
      [10, 1, 1],
      [19.999999, 1, 1],
      [20, 2, 0],
      [29, 2, 0],
      [30, null, 0],
      [39, null, 0],
      [40, 4, 1],
      [50, 4, 1],
    ] as const;
    for (const [seconds, version, alices] of expected) {
      const moment = { now: at(60), asOf: at(seconds) };
      expect((await readOne(store, tenant, "a", moment))?.version ?? null, `read as of ${seconds}`).toBe(
        version,
      );
      const listed = await list(store, tenant, moment);
      expect(listed.map((found) => found.version)).toEqual(version === null ? [] : [version]);
      expect(await store.count(tenant, { filter: EVERYTHING, ...moment })).toBe(listed.length);
      expect(await list(store, tenant, { ...moment, filter: alice })).toHaveLength(alices);
      expect(await store.count(tenant, { filter: alice, ...moment })).toBe(alices);
    }
    expect(await readOne(store, tenant, "a", { now: at(60), asOf: at(20) })).toEqual({
      ...update,
      version: 2,
    });
  });

  verifies("history.as-of", "orders and pages the past like the present", async ({ store, tenant }) => {
    const ids = ["a", "b", "c", "d", "e"];
    await write(
      store,
      tenant,
      ids.map((id, index) => putRecord(makeRecord(id, { createdAt: at(-index) }))),
    );
    await write(
      store,
      tenant,
      ids.map((id) => deleteRecord(id, 1)),
      at(10),
    );
    const past = { now: at(20), asOf: at(5) };
    expect(idsOf(await list(store, tenant, { ...past, order: "newest", limit: 2 }))).toEqual(["a", "b"]);
    const after = { id: "b", createdAt: at(-1) };
    expect(idsOf(await list(store, tenant, { ...past, order: "newest", limit: 2, after }))).toEqual([
      "c",
      "d",
    ]);
    expect(idsOf(await list(store, tenant, { ...past, offset: 3, limit: 2 }))).toEqual(["b", "a"]);
  });

  verifies("history.erased", "leaves nothing of an erased record", async ({ store, tenant }) => {
    const writes = ["a", "b", "gone", "stays"].map((id) => putRecord(makeRecord(id)));
    await write(store, tenant, [...writes, { kind: "alias", id: "alias", target: "a" }], at(1));
    await write(store, tenant, [deleteRecord("gone", 1)], at(2));
    const before = await store.lastSequence(tenant);
    const erased = await store.erase(tenant, ["a", "gone", "never", "a"], at(3));
    expect(erased.toSorted()).toEqual(["a", "gone"]);
    for (const id of ["a", "gone", "alias"]) {
      expect(await readOne(store, tenant, id)).toBeNull();
      expect(await readOne(store, tenant, id, { asOf: at(1), now: at(4) })).toBeNull();
      expect(await store.history(tenant, id)).toEqual([]);
    }
    expect(idsOf(await list(store, tenant, { now: at(4), asOf: at(1) }))).toEqual(["b", "stays"]);
    expect(idsOf(await list(store, tenant))).toEqual(["b", "stays"]);
    expect(await store.indexedById(tenant, ["a", "gone"])).toEqual([]);
    const changes = await store.changes(tenant, { after: before, limit: 10 });
    expect(new Set(idsOf(changes))).toEqual(new Set(["a", "gone"]));
    const versions = await store.changes(tenant, { after: 0, limit: 100 });
    const last = Math.max(...versions.filter(({ id }) => id === "a").map(({ version }) => version));
    expect((await write(store, tenant, [putRecord(makeRecord("a"))], at(5)))[0]).toBeGreaterThan(last);
    expect(await store.history(tenant, "a")).toHaveLength(1);
    expect(await readOne(store, tenant, "alias")).toBeNull();
  });
});

export const expiry = area<StoreFixture>("expiry", (verifies) => {
  const expiresAt = "2026-05-04T09:30:00.000002Z";
  const before = "2026-05-04T09:30:00.000001Z";
  const instants = [START, before, expiresAt, "2026-05-04T09:30:01Z"];

  verifies("expiry.instant", "is gone from every answer from its instant on", async ({ store, tenant }) => {
    const mortal = putRecord(makeRecord("a", { expiresAt }), { duplicateKey: "k" });
    await write(store, tenant, [mortal, putRecord(makeRecord("b")), { kind: "alias", id: "c", target: "a" }]);
    for (const now of instants) {
      const alive = now === START || now === before;
      const left = alive ? ["a", "b"] : ["b"];
      expect((await readOne(store, tenant, "a", { now })) !== null, now).toBe(alive);
      expect((await readOne(store, tenant, "c", { now })) !== null).toBe(alive);
      expect((await readOne(store, tenant, "a", { now, asOf: START })) !== null).toBe(alive);
      expect(idsOf(await list(store, tenant, { now }))).toEqual(left);
      expect(idsOf(await list(store, tenant, { now, asOf: START }))).toEqual(left);
      expect(await store.count(tenant, { filter: EVERYTHING, now })).toBe(left.length);
      expect(await store.rows(tenant, EVERYTHING, now)).toHaveLength(left.length);
      expect((await store.findDuplicates(tenant, ["k"], now)).size).toBe(alive ? 1 : 0);
    }
  });

  verifies("expiry.write", "counts as absent for writes", async ({ store, tenant }) => {
    const record = makeRecord("a", { expiresAt });
    await write(store, tenant, [putRecord(record)]);
    const later = at(1);
    expect(await outcome(write(store, tenant, [putRecord(record, { expectedVersion: 1 })], later))).toBe(
      "version_conflict",
    );
    expect(await outcome(write(store, tenant, [deleteRecord("a", 1)], later))).toBe("version_conflict");
    expect(await outcome(write(store, tenant, [putRecord(record)], before))).toBe("version_conflict");
    const [version] = await write(store, tenant, [putRecord(makeRecord("a"))], later);
    expect(version).toBeGreaterThan(1);
    expect(await readOne(store, tenant, "a", { now: at(99) })).toMatchObject({ version, expiresAt: null });
  });

  verifies("expiry.removed", "removes what has expired and keeps its history", async ({ store, tenant }) => {
    const mortals = ["a", "b", "c"].map((id) => putRecord(makeRecord(id, { expiresAt: at(10) })));
    await write(store, tenant, [...mortals, putRecord(makeRecord("later", { expiresAt: at(20) }))]);
    await write(store, "other", [putRecord(makeRecord("a", { expiresAt: at(10) }))]);
    expect(await store.removeExpired(tenant, at(9), 10)).toEqual([]);
    const sequence = await store.lastSequence(tenant);
    const first = await store.removeExpired(tenant, at(10), 2);
    const second = await store.removeExpired(tenant, at(10), 2);
    expect([first.length, second.length]).toEqual([2, 1]);
    expect([...first, ...second].sort()).toEqual(["a", "b", "c"]);
    expect(await store.removeExpired(tenant, at(10), 2)).toEqual([]);
    expect(idsOf(await store.indexed(tenant, { afterRow: 0, limit: 9 }))).toEqual(["later"]);
    const versions = await store.history(tenant, "a");
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    const changes = await store.changes(tenant, { after: sequence, limit: 10 });
    expect(idsOf(changes).sort()).toEqual(["a", "b", "c"]);
    expect(await store.indexed("other", { afterRow: 0, limit: 9 })).toHaveLength(1);
  });
});

export const access = area<StoreFixture>("access", (verifies) => {
  verifies("access.counted", "counts accesses without making a version", async ({ store, tenant }) => {
    const mortal = makeRecord("mortal", { expiresAt: at(3) });
    await write(store, tenant, [putRecord(makeRecord("a")), putRecord(makeRecord("b")), putRecord(mortal)]);
    const sequence = await store.lastSequence(tenant);
    await store.touch(tenant, ["a", "never"], at(5));
    await store.touch(tenant, ["a", "b", "mortal"], at(7.5));
    const [a, b] = await store.read(tenant, ["a", "b"], { now: at(8) });
    expect(a).toEqual({ ...makeRecord("a"), version: 1, accessCount: 2, lastAccessedAt: at(7.5) });
    expect(b).toEqual({ ...makeRecord("b"), version: 1, accessCount: 1, lastAccessedAt: at(7.5) });
    expect(await readOne(store, tenant, "mortal", { now: START })).toMatchObject({ accessCount: 0 });
    expect(await list(store, tenant, { now: at(8) })).toEqual([a, b]);
    const used = parseFilter({ accessCount: { gte: 2 } });
    expect(idsOf(await list(store, tenant, { filter: used, now: at(8) }))).toEqual(["a"]);
    expect(await store.history(tenant, "a")).toHaveLength(1);
    expect(await store.lastSequence(tenant)).toBe(sequence);
    expect(await write(store, tenant, [putRecord(makeRecord("a"), { expectedVersion: 1 })])).toEqual([2]);
  });
});
