import { expect } from "vitest";
import type { RecordPatch } from "../../core/record.ts";
import { area } from "../suite.ts";
import { codeOf, failure, fieldsOf, type MemoryFixture } from "./fixture.ts";

export const updating = area<MemoryFixture>("updating", (verifies) => {
  verifies("memory.update", "changes the given fields only", async ({ memory }) => {
    const { record } = await memory.add({
      id: "a",
      text: "first",
      topics: ["t"],
      userId: "alice",
      eventDate: "2026-01-01",
    });
    const updated = await memory.update("a", {
      text: "second",
      topics: [],
      eventDate: null,
      metadata: { b: 1 },
    });
    expect(updated).toMatchObject({
      text: "second",
      topics: [],
      eventDate: null,
      metadata: { b: 1 },
      userId: "alice",
      createdAt: record.createdAt,
      version: 2,
    });
    expect(updated.hash).not.toBe(record.hash);
    expect(await memory.get("a")).toEqual(updated);
    const moved = await memory.update("a", {
      userId: "bob",
      namespace: ["n", "a/b"],
      expiresAt: "2100-01-01",
    });
    expect(moved).toMatchObject({ userId: "bob", namespace: "n/a%2Fb", expiresAt: "2100-01-01T00:00:00Z" });
  });

  verifies(
    "memory.update-refused",
    "refuses wrong patches, absent records and other scopes",
    async ({ memory }) => {
      await memory.scope({ userId: "alice" }).add({ id: "a", text: "first" });
      expect(await fieldsOf(memory.update("a", { importance: 7 }))).toEqual(["importance"]);
      expect(await fieldsOf(memory.update("a", { id: "b" } as RecordPatch))).toEqual(["id"]);
      expect(await fieldsOf(memory.update("a", {}))).toEqual(["patch"]);
      expect(await fieldsOf(memory.update("a", { text: "" }))).toEqual(["text"]);
      expect(await codeOf(memory.update("none", { text: "x" }))).toBe("record_not_found");
      expect(await codeOf(memory.scope({ userId: "bob" }).update("a", { text: "x" }))).toBe(
        "record_not_found",
      );
      expect((await memory.get("a"))?.version).toBe(1);
    },
  );

  verifies("memory.compare-and-set", "refuses any other version than the expected", async ({ memory }) => {
    await memory.add({ id: "a", text: "first" });
    await memory.update("a", { text: "second" }, { expectedVersion: 1 });
    const conflict = await failure(memory.update("a", { text: "third" }, { expectedVersion: 1 }));
    expect(conflict).toMatchObject({ code: "version_conflict", status: 409, retryable: false });
    expect(await codeOf(memory.delete("a", { expectedVersion: 1 }))).toBe("version_conflict");
    expect((await memory.get("a"))?.text).toBe("second");
    expect(await memory.delete("a", { expectedVersion: 2 })).toEqual(["a"]);
  });
});

export const deleting = area<MemoryFixture>("deleting", (verifies) => {
  verifies("memory.delete", "deletes what is there, and tells what that was", async ({ memory }) => {
    await memory.add(["a", "b", "c"].map((id) => ({ id, text: `text ${id}` })));
    expect(await memory.delete("a")).toEqual(["a"]);
    expect(await memory.delete(["a", "b", "never"])).toEqual(["b"]);
    expect(await memory.get("a")).toBeNull();
    expect((await memory.list()).records.map(({ id }) => id)).toEqual(["c"]);
    expect((await memory.history("a")).map(({ change }) => change)).toEqual(["create", "delete"]);
    const again = await memory.add({ id: "a", text: "text a" });
    expect(again).toMatchObject({ status: "created", record: { version: 3 } });
  });

  verifies("memory.delete-scope", "deletes nothing outside its scope", async ({ memory }) => {
    await memory.scope({ userId: "alice" }).add({ id: "a", text: "text" });
    expect(await memory.scope({ userId: "bob" }).delete("a")).toEqual([]);
    expect(await memory.scope({ userId: "bob" }).delete("a", { erase: true })).toEqual([]);
    expect((await memory.get("a"))?.userId).toBe("alice");
  });

  verifies("memory.erase", "leaves nothing of an erased record", async ({ memory }) => {
    await memory.add({ id: "a", text: "a secret word" });
    await memory.update("a", { text: "another secret" });
    expect(await memory.delete("a", { erase: true })).toEqual(["a"]);
    expect(await memory.get("a")).toBeNull();
    expect(await memory.history("a")).toEqual([]);
    expect((await memory.search("secret", { mode: "keyword" })).hits).toEqual([]);
  });

  verifies("memory.erase", "erases all that a scope has or had, and nothing else", async ({ memory }) => {
    const alice = memory.scope({ userId: "alice" });
    const ids = Array.from({ length: 205 }, (_, index) => `a${index}`);
    await alice.add(ids.map((id) => ({ id, text: `Note ${id}` })));
    await alice.delete("a7");
    await memory.scope({ userId: "bob" }).add({ id: "b", text: "Another note" });
    await memory.scope({ userId: "bob" }).delete("b");
    expect((await alice.eraseAll()).toSorted()).toEqual(ids.filter((id) => id !== "a7").toSorted());
    expect((await alice.list()).total).toBe(0);
    expect((await alice.search("note")).hits).toEqual([]);
    for (const id of ["a0", "a7", "a204"]) expect(await alice.history(id)).toEqual([]);
    expect(await memory.history("b")).toHaveLength(2);
    expect(await alice.eraseAll()).toEqual([]);
  });

  verifies("memory.erase", "erases the history of what was deleted before", async ({ memory }) => {
    const alice = memory.scope({ userId: "alice" });
    await alice.add({ id: "a", text: "a secret word" });
    await alice.delete("a");
    await memory.scope({ userId: "bob" }).delete("a", { erase: true });
    expect(await alice.history("a")).toHaveLength(2);
    expect(await alice.delete("a", { erase: true })).toEqual([]);
    expect(await alice.history("a")).toEqual([]);
  });

  verifies("memory.forget", "tells or deletes what a policy calls stale", async ({ memory }) => {
    const old = "2020-01-01T00:00:00Z";
    const dates = { createdAt: old, lastAccessedAt: old };
    await memory.add([
      { id: "old", text: "old", ...dates },
      { id: "used", text: "used", createdAt: old },
      { id: "pinned", text: "pinned", pinned: true, ...dates },
      { id: "kept", text: "kept", ...dates },
      { id: "how", text: "how", type: "procedural", ...dates },
      { id: "new", text: "new" },
    ]);
    expect((await memory.forget({})).deleted).toBe(0);
    const policy = { maxInactiveDays: 30, types: ["semantic" as const] };
    const told = await memory.forget(policy, { keep: ["kept"] });
    expect(told).toEqual({ scanned: 6, deleted: 1, deletedIds: ["old"], dryRun: true });
    expect(await memory.get("old")).not.toBeNull();
    const forget = () => memory.forget(policy, { keep: ["kept"], dryRun: false, idempotencyKey: "forget" });
    const done = await forget();
    expect(await forget()).toEqual(done);
    expect(done).toMatchObject({ deleted: 1, deletedIds: ["old"], dryRun: false });
    expect((await memory.history("old")).at(-1)?.change).toBe("forget");
    expect((await memory.list()).total).toBe(5);
    expect(await fieldsOf(memory.forget({ maxAgeDays: -1 }))).toEqual(["maxAgeDays"]);
  });
});
