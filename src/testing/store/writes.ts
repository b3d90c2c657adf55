import { expect } from "vitest";
import { ConflictError } from "../../core/errors.ts";
import type { AliasPage, RecordWrite } from "../../core/store.ts";
import { at, deleteRecord, makeRecord, putRecord, START, sessionKey } from "../build.ts";
import { NEIGHBOURS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { idsOf, list, outcome, readOne, type StoreFixture, write } from "./fixture.ts";

export const duplicates = area<StoreFixture>("duplicate keys", (verifies) => {
  const keyed = (
    id: string,
    duplicateKey: string | null,
    expectedVersion = 0,
    expiresAt: string | null = null,
  ) => putRecord(makeRecord(id, { expiresAt }), { duplicateKey, expectedVersion });

  verifies("duplicates.refused", "refuses a second record with the same key", async ({ store, tenant }) => {
    await write(store, tenant, [keyed("a", "k"), keyed("free", null), keyed("free too", null)]);
    expect(await outcome(write(store, tenant, [keyed("b", "k")]))).toBe("version_conflict");
    expect(await outcome(write(store, tenant, [keyed("c", "x"), keyed("d", "x")]))).toBe("version_conflict");
    expect(await outcome(write(store, tenant, [keyed("free", "k", 1)]))).toBe("version_conflict");
    expect(idsOf(await list(store, tenant))).toEqual(["a", "free", "free too"]);
  });

  verifies("duplicates.own-key", "lets a record keep its own key", async ({ store, tenant }) => {
    await write(store, tenant, [keyed("a", "k")]);
    expect(await write(store, tenant, [keyed("a", "k", 1)])).toEqual([2]);
    expect(await outcome(write(store, tenant, [keyed("b", "k")]))).toBe("version_conflict");
  });

  verifies(
    "duplicates.freed",
    "frees a key that is given up, deleted or erased",
    async ({ store, tenant }) => {
      await write(store, tenant, [keyed("a", "k")]);
      await write(store, tenant, [keyed("a", "other", 1), keyed("b", "k")]);
      await write(store, tenant, [deleteRecord("b", 1), keyed("c", "k")]);
      await store.erase(tenant, ["c"], START);
      expect(await write(store, tenant, [keyed("d", "k")])).toEqual([1]);
      await write(store, tenant, [deleteRecord("d", 1), keyed("d", null)]);
      expect(await store.findDuplicates(tenant, ["k"], START)).toEqual(new Map());
      expect(await outcome(write(store, tenant, [keyed("e", "other")]))).toBe("version_conflict");
    },
  );

  verifies("duplicates.expired", "does not count an expired record", async ({ store, tenant }) => {
    await write(store, tenant, [keyed("a", "k", 0, at(10))]);
    expect(await outcome(write(store, tenant, [keyed("b", "k")], at(9)))).toBe("version_conflict");
    expect(await store.findDuplicates(tenant, ["k"], at(10))).toEqual(new Map());
    await write(store, tenant, [keyed("b", "k")], at(10));
    expect((await store.findDuplicates(tenant, ["k"], at(10))).get("k")?.id).toBe("b");
    expect(await store.removeExpired(tenant, at(10), 10)).toEqual(["a"]);
    expect((await store.findDuplicates(tenant, ["k"], at(10))).get("k")?.id).toBe("b");
    expect(await outcome(write(store, tenant, [keyed("c", "k")], at(11)))).toBe("version_conflict");
  });

  verifies("duplicates.found", "finds the record of each key that has one", async ({ store, tenant }) => {
    await write(store, tenant, [keyed("a", "k1"), keyed("b", "k2"), keyed("c", null)]);
    const found = await store.findDuplicates(tenant, ["k1", "none", "k2"], START);
    expect([...found].map(([key, record]) => [key, record.id]).sort()).toEqual([
      ["k1", "a"],
      ["k2", "b"],
    ]);
    expect(found.get("k1")).toEqual(await readOne(store, tenant, "a"));
    expect(await store.findDuplicates(tenant, [], START)).toEqual(new Map());
  });
});

export const aliases = area<StoreFixture>("aliases", (verifies) => {
  const alias = (id: string, target: string): RecordWrite => ({ kind: "alias", id, target });

  verifies("aliases.followed", "reads the target, through several merges", async ({ store, tenant }) => {
    await write(
      store,
      tenant,
      ["a", "b", "c"].map((id) => putRecord(makeRecord(id))),
    );
    expect(await write(store, tenant, [deleteRecord("a", 1, "merge"), alias("a", "b")], at(1))).toEqual([
      2, 0,
    ]);
    await write(store, tenant, [deleteRecord("b", 1, "merge"), alias("b", "c")], at(2));
    const found = await store.read(tenant, ["a", "b", "c"], { now: at(2) });
    expect(found.map((record) => record?.id)).toEqual(["c", "c", "c"]);
    expect(idsOf(await list(store, tenant, { now: at(2) }))).toEqual(["c"]);
  });

  verifies("aliases.ended", "ends when something is stored under the id", async ({ store, tenant }) => {
    await write(store, tenant, [putRecord(makeRecord("a")), putRecord(makeRecord("b"))]);
    await write(store, tenant, [deleteRecord("a", 1, "merge"), alias("a", "b")], at(1));
    await write(store, tenant, [putRecord(makeRecord("a", { text: "new" }))], at(2));
    expect(await readOne(store, tenant, "a")).toMatchObject({ id: "a", text: "new", version: 3 });
    await write(store, tenant, [deleteRecord("a", 3)], at(3));
    expect(await readOne(store, tenant, "a")).toBeNull();
  });

  verifies(
    "aliases.dangling",
    "reads nothing when the target is gone or leads back",
    async ({ store, tenant }) => {
      await write(store, tenant, [putRecord(makeRecord("b")), alias("a", "b")]);
      await write(store, tenant, [deleteRecord("b", 1)]);
      expect(await readOne(store, tenant, "a")).toBeNull();
      await write(store, tenant, [alias("b", "a")]);
      expect(await readOne(store, tenant, "a")).toBeNull();
    },
  );

  verifies("aliases.listed", "lists those that hold", async ({ store, tenant }) => {
    const ids = ["a", ...NEIGHBOURS.filter((id) => !["a", "b"].includes(id))];
    await write(store, tenant, [putRecord(makeRecord("a")), putRecord(makeRecord("b"))]);
    await write(
      store,
      tenant,
      ids.slice(1).map((id) => alias(id, "b")),
      at(1),
    );
    await write(store, tenant, [deleteRecord("a", 1, "merge"), alias("a", "b")], at(2));
    await write(store, tenant, [alias("moved", "a"), alias("ended", "b"), alias("gone", "b")], at(3));
    await write(store, tenant, [alias("moved", "b"), putRecord(makeRecord("ended"))], at(4));
    await store.erase(tenant, ["gone"], at(5));
    await write(store, "other", [putRecord(makeRecord("b")), alias("elsewhere", "b")], at(1));
    const expected = new Map([
      ...ids.map((id) => [id, { target: "b", at: id === "a" ? at(2) : at(1) }] as const),
      ["moved", { target: "b", at: at(4) }],
    ]);
    for (const limit of [1, 3, 1000]) {
      const found = new Map<string, { target: string; at: string }>();
      let cursor: string | null = null;
      do {
        const page: AliasPage = await store.aliases(tenant, { cursor, limit });
        for (const { id, ...rest } of page.aliases) found.set(id, rest);
        cursor = page.cursor;
      } while (cursor !== null);
      expect(found).toEqual(expected);
    }
    expect(await store.aliases("nobody", { cursor: null, limit: 9 })).toEqual({ aliases: [], cursor: null });
  });

  verifies("aliases.as-of", "leads nowhere before the merge", async ({ store, tenant }) => {
    await write(store, tenant, [putRecord(makeRecord("a")), putRecord(makeRecord("b"))]);
    await write(store, tenant, [deleteRecord("a", 1, "merge"), alias("a", "b")], at(10));
    expect((await readOne(store, tenant, "a", { asOf: at(9), now: at(20) }))?.id).toBe("a");
    expect((await readOne(store, tenant, "a", { asOf: at(10), now: at(20) }))?.id).toBe("b");
  });
});

export const batches = area<StoreFixture>("batches", (verifies) => {
  verifies("batches.atomic", "undoes everything when one write is refused", async ({ store, tenant }) => {
    const keep = putRecord(makeRecord("keep"), { duplicateKey: "k" });
    await write(store, tenant, [
      keep,
      putRecord(makeRecord("old")),
      { kind: "alias", id: "alias", target: "keep" },
    ]);
    const before = {
      list: await list(store, tenant),
      changes: await store.changes(tenant, { after: 0, limit: 100 }),
      history: await store.history(tenant, "old"),
      indexed: await store.indexed(tenant, { afterRow: 0, limit: 100 }),
    };
    const good: RecordWrite[] = [
      putRecord(makeRecord("new"), { duplicateKey: "k2" }),
      putRecord(makeRecord("alias")),
      putRecord(makeRecord("keep", { text: "changed" }), { expectedVersion: 1, duplicateKey: "k3" }),
      deleteRecord("old", 1),
      { kind: "alias", id: "old", target: "keep" },
    ];
    const bad: RecordWrite[] = [
      putRecord(makeRecord("keep"), { expectedVersion: 1 }),
      putRecord(makeRecord("x"), { duplicateKey: "k2" }),
      deleteRecord("old", 1),
      deleteRecord("none", 1),
    ];
    for (const wrong of bad) {
      const idempotency = { key: "key", fingerprint: "f", result: 1 };
      await expect(write(store, tenant, [...good, wrong], START, idempotency)).rejects.toThrow(ConflictError);
      expect(await store.recallResult(tenant, idempotency)).toBeNull();
      expect({
        list: await list(store, tenant),
        changes: await store.changes(tenant, { after: 0, limit: 100 }),
        history: await store.history(tenant, "old"),
        indexed: await store.indexed(tenant, { afterRow: 0, limit: 100 }),
      }).toEqual(before);
      expect((await readOne(store, tenant, "alias"))?.id).toBe("keep");
      expect((await store.findDuplicates(tenant, ["k", "k2", "k3"], START)).size).toBe(1);
      expect(await store.history(tenant, "new")).toEqual([]);
    }
    expect(await write(store, tenant, good)).toEqual([1, 1, 2, 2, 0]);
  });

  verifies("batches.in-order", "lets a write build on the ones before it", async ({ store, tenant }) => {
    const versions = await write(store, tenant, [
      putRecord(makeRecord("a"), { duplicateKey: "k" }),
      putRecord(makeRecord("a", { text: "second" }), { expectedVersion: 1, duplicateKey: "k" }),
      deleteRecord("a", 2),
      putRecord(makeRecord("b"), { duplicateKey: "k" }),
    ]);
    expect(versions).toEqual([1, 2, 3, 1]);
    expect(idsOf(await list(store, tenant))).toEqual(["b"]);
  });

  verifies("batches.large", "takes a thousand writes at once", async ({ store, tenant }) => {
    const ids = Array.from({ length: 1000 }, (_, index) => `r${String(index).padStart(4, "0")}`);
    expect(
      await write(
        store,
        tenant,
        ids.map((id) => putRecord(makeRecord(id))),
      ),
    ).toEqual(ids.map(() => 1));
    expect(idsOf(await list(store, tenant))).toEqual(ids);
    expect((await store.read(tenant, ids, { now: START })).map((record) => record?.id)).toEqual(ids);
  });
});

export const idempotency = area<StoreFixture>("idempotency keys", (verifies) => {
  const key = { key: "key-1", fingerprint: "print-1" };

  verifies("idempotency.recalled", "gives the kept result of a key again", async ({ store, tenant }) => {
    expect(await store.recallResult(tenant, key)).toBeNull();
    const result = { ids: ["a"], nested: [1, null, { x: true }] };
    await write(store, tenant, [putRecord(makeRecord("a"))], START, { ...key, result });
    const recalled = await store.recallResult(tenant, key);
    expect(recalled).toEqual(result);
    result.ids.push("scribbled");
    if (!Object.isFrozen(recalled)) Object.assign(recalled as object, { ids: null });
    expect(await store.recallResult(tenant, key)).toEqual({ ids: ["a"], nested: [1, null, { x: true }] });
    expect(await store.recallResult(tenant, { key: "key-10", fingerprint: "print-1" })).toBeNull();
    expect(await store.recallResult("other", key)).toBeNull();
  });

  verifies("idempotency.refused", "writes nothing a second time", async ({ store, tenant }) => {
    const again = { ...key, result: "first" };
    await write(store, tenant, [putRecord(makeRecord("a"))], START, again);
    expect(await outcome(write(store, tenant, [putRecord(makeRecord("a"))], START, again))).toBe(
      "idempotency_key_reused",
    );
    const other = { key: key.key, fingerprint: "print-2", result: "second" };
    expect(await outcome(write(store, tenant, [putRecord(makeRecord("b"))], START, other))).toBe(
      "idempotency_key_reused",
    );
    expect(await outcome(store.recallResult(tenant, other))).toBe("idempotency_key_reused");
    expect(await store.recallResult(tenant, key)).toBe("first");
    expect(idsOf(await list(store, tenant))).toEqual(["a"]);
  });

  verifies("idempotency.forgotten", "forgets the keys of long ago", async ({ store, tenant }) => {
    const keyOf = (name: string) => ({ key: name, fingerprint: "print", result: name });
    const put = (name: string, seconds: number, of = tenant) =>
      write(store, of, [putRecord(makeRecord(`${name} ${seconds}`))], at(seconds), keyOf(name));
    const say = (name: string, seconds: number) =>
      store.writeSession(sessionKey("chat", { tenant }), {
        operations: [{ operation: "increment", key: "n", by: 1 }],
        now: at(seconds),
        idempotency: keyOf(name),
      });
    await put("first", 1);
    await put("second", 2);
    await put("late", 3);
    await put("first", 1, "other");
    await say("said first", 2);
    await say("said late", 3);
    const forget = () => store.forgetAnswers(tenant, at(2), 2);
    expect(await store.forgetAnswers(tenant, at(0.999999), 9)).toBe(0);
    expect(await store.forgetAnswers("nobody", at(9), 9)).toBe(0);
    expect([await forget(), await forget(), await forget()]).toEqual([2, 1, 0]);
    expect(await store.recallResult(tenant, keyOf("first"))).toBeNull();
    expect(await store.recallResult("other", keyOf("first"))).toBe("first");
    expect(await outcome(put("second", 4))).toBe("resolved");
    expect(await outcome(put("late", 4))).toBe("idempotency_key_reused");
    expect(await say("said late", 4)).toMatchObject({ version: 2 });
    expect(await store.forgetAnswers(tenant, at(4), 9)).toBe(3);
  });
});
