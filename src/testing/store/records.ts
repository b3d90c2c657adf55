import { expect } from "vitest";
import { ConflictError } from "../../core/errors.ts";
import type { MemoryRecord } from "../../core/record.ts";
import { deleteRecord, makeEntry, makeRecord, putRecord, START } from "../build.ts";
import { ODD_TEXTS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { idsOf, list, outcome, readOne, type StoreFixture, write } from "./fixture.ts";

const FULL = makeRecord("full", {
  text: "Prefers aisle seats",
  type: "episodic",
  namespace: "travel/europe",
  userId: "alice",
  agentId: "planner",
  sessionId: "chat-42",
  speaker: "Alice",
  topics: ["seats", "flights"],
  entities: ["Rome"],
  importance: 0.123456789,
  pinned: true,
  eventDate: "2026-05-01T00:00:00Z",
  validFrom: "0001-01-01T00:00:00Z",
  validTo: "9999-12-31T23:59:59.999999Z",
  expiresAt: "2027-01-01T00:00:00.000001Z",
  metadata: { nested: { list: [1, 1.5, -3e-7, "x", true, null, []], empty: {} }, "a.b": "dot", "": "empty" },
  createdAt: "2026-05-03T10:00:00.123456Z",
  updatedAt: "2026-05-03T11:00:00Z",
  lastAccessedAt: "2026-05-03T12:00:00.500Z",
  accessCount: 7,
  persistedAt: "2026-05-03T13:00:00Z",
  hash: "f".repeat(64),
  extractedFrom: ["m1", "m2"],
  extractionStrategy: "custom",
  extractionStrategyConfig: { prompt: "p", limit: 3 },
  extracted: true,
});

export const records = area<StoreFixture>("records", (verifies) => {
  verifies("records.create", "gives back every field as it was written", async ({ store, tenant }) => {
    const bare = makeRecord("bare");
    expect(await write(store, tenant, [putRecord(FULL), putRecord(bare)])).toEqual([1, 1]);
    expect(await readOne(store, tenant, "full")).toEqual({ ...FULL, version: 1 });
    expect(await readOne(store, tenant, "bare")).toEqual({ ...bare, version: 1 });
  });

  verifies("records.any-text", "keeps any well-formed text exactly", async ({ store, tenant }) => {
    const odd = ODD_TEXTS.map((text, index) =>
      makeRecord(`odd-${index}`, { text, topics: [text], speaker: text, metadata: { text, [text]: "key" } }),
    );
    await write(
      store,
      tenant,
      odd.map((record) =>
        putRecord(record, { entry: makeEntry({ features: new TextEncoder().encode(record.text) }) }),
      ),
    );
    const stored = await store.read(tenant, idsOf(odd), { now: START });
    expect(stored).toEqual(odd.map((record) => ({ ...record, version: 1 })));
  });

  verifies("records.any-metadata", "keeps keys that name members of objects", async ({ store, tenant }) => {
    const metadata = JSON.parse('{"__proto__":{"a":1},"constructor":"c","toString":[{"__proto__":2}]}');
    await write(store, tenant, [putRecord(makeRecord("a", { metadata }))]);
    const stored = await readOne(store, tenant, "a");
    expect(Object.keys(stored?.metadata ?? {}).sort()).toEqual(["__proto__", "constructor", "toString"]);
    expect(JSON.parse(JSON.stringify(stored?.metadata))).toEqual(metadata);
  });

  verifies(
    "records.read-order",
    "reads in the order asked, null for what is absent",
    async ({ store, tenant }) => {
      await write(store, tenant, [putRecord(makeRecord("a")), putRecord(makeRecord("b"))]);
      const found = await store.read(tenant, ["b", "no", "a", "b"], { now: START });
      expect(found.map((record) => record?.id ?? null)).toEqual(["b", null, "a", "b"]);
      expect(await store.read(tenant, [], { now: START })).toEqual([]);
    },
  );

  verifies("records.versions", "counts versions on across deletion", async ({ store, tenant }) => {
    const record = makeRecord("a");
    expect(await write(store, tenant, [putRecord(record)])).toEqual([1]);
    const changed = { ...record, text: "changed" };
    expect(await write(store, tenant, [putRecord(changed, { expectedVersion: 1 })])).toEqual([2]);
    expect(await readOne(store, tenant, "a")).toEqual({ ...changed, version: 2 });
    expect(await write(store, tenant, [deleteRecord("a", 2)])).toEqual([3]);
    expect(await readOne(store, tenant, "a")).toBeNull();
    expect(await write(store, tenant, [putRecord(record)])).toEqual([4]);
    expect(await readOne(store, tenant, "a")).toEqual({ ...record, version: 4 });
  });

  verifies(
    "records.compare-and-set",
    "refuses any other version than the expected",
    async ({ store, tenant }) => {
      const record = makeRecord("a");
      await write(store, tenant, [putRecord(record)]);
      await write(store, tenant, [putRecord(record, { expectedVersion: 1 })]);
      const changed = { ...record, text: "changed" };
      for (const expectedVersion of [0, 1, 3])
        await expect(write(store, tenant, [putRecord(changed, { expectedVersion })])).rejects.toThrow(
          ConflictError,
        );
      for (const expectedVersion of [0, 1, 3])
        expect(await outcome(write(store, tenant, [deleteRecord("a", expectedVersion)]))).toBe(
          "version_conflict",
        );
      expect(await outcome(write(store, tenant, [putRecord(makeRecord("no"), { expectedVersion: 1 })]))).toBe(
        "version_conflict",
      );
      expect(await outcome(write(store, tenant, [deleteRecord("no", 1)]))).toBe("version_conflict");
      expect(await list(store, tenant)).toEqual([{ ...record, version: 2 }]);
    },
  );

  verifies("records.copies", "shares nothing with its callers", async ({ store, tenant }) => {
    const mine = makeRecord("a", { topics: ["t"], metadata: { deep: { list: [1] } } });
    const entry = makeEntry();
    await write(store, tenant, [putRecord(mine, { entry })]);
    scribble(mine);
    entry.vector?.fill(9);
    entry.features.fill(9);
    const stored = await readOne(store, tenant, "a");
    expect(stored).toMatchObject({ topics: ["t"], metadata: { deep: { list: [1] } } });
    scribble(stored);
    for (const found of await list(store, tenant)) scribble(found);
    for (const { entry } of await store.indexed(tenant, { afterRow: 0, limit: 9 })) {
      entry.vector?.fill(9);
      entry.features.fill(9);
    }
    expect(await readOne(store, tenant, "a")).toMatchObject({
      topics: ["t"],
      metadata: { deep: { list: [1] } },
    });
    const [indexed] = await store.indexedById(tenant, ["a"]);
    expect(indexed?.entry).toEqual(makeEntry());
  });
});

/** Changes what it was given, unless that is frozen, which is as good as a copy. */
function scribble(record: Pick<MemoryRecord, "topics" | "metadata"> | null): void {
  const list = (record?.metadata["deep"] as { list?: number[] } | undefined)?.list;
  for (const values of [list, record?.topics as unknown[] | undefined]) {
    if (values && !Object.isFrozen(values)) values.push("scribbled" as never);
  }
}
