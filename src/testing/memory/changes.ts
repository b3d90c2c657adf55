import { expect, vi } from "vitest";
import { ChangesForgottenError } from "../../core/errors.ts";
import type { RecordPatch } from "../../core/record.ts";
import type { Memory } from "../../memory.ts";
import { at } from "../build.ts";
import { area } from "../suite.ts";
import { codeOf, collected, failure, fieldsOf, type MemoryFixture } from "./fixture.ts";

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

export const past = area<MemoryFixture>("history", (verifies) => {
  verifies("memory.history", "keeps every version with who, why and how sure", async ({ memory }) => {
    const alice = memory.scope({ userId: "alice" });
    await alice.add({ id: "a", text: "first" }, { actor: "importer" });
    await alice.update("a", { text: "second" }, { actor: "tester", reason: "corrected", confidence: 0.75 });
    await alice.delete("a", { reason: "asked to" });
    const history = await alice.history("a");
    expect(history.map(({ at: _, record, ...version }) => ({ ...version, text: record.text }))).toEqual([
      { version: 1, change: "create", actor: "importer", reason: null, confidence: null, text: "first" },
      {
        version: 2,
        change: "update",
        actor: "tester",
        reason: "corrected",
        confidence: 0.75,
        text: "second",
      },
      { version: 3, change: "delete", actor: null, reason: "asked to", confidence: null, text: "second" },
    ]);
    expect(await memory.scope({ userId: "bob" }).history("a")).toEqual([]);
    expect(await memory.history("never")).toEqual([]);
  });

  verifies.moving(
    "memory.as-of",
    "answers as it was known at an instant",
    async (fixture) => {
      const { memory } = fixture;
      await memory.add({ id: "a", text: "The meeting is on Monday" });
      fixture.advance(10);
      await memory.update("a", { text: "The meeting is on Friday" });
      fixture.advance(10);
      await memory.delete("a");
      fixture.advance(10);
      const expected = [
        [-1, null],
        [0, "The meeting is on Monday"],
        [9, "The meeting is on Monday"],
        [10, "The meeting is on Friday"],
        [19, "The meeting is on Friday"],
        [20, null],
        [30, null],
      ] as const;
      for (const [seconds, text] of expected) {
        const asOf = at(seconds);
        expect((await memory.get("a", { asOf }))?.text ?? null, asOf).toBe(text);
        const { records, total } = await memory.list({ asOf });
        expect([records.map((record) => record.text), total]).toEqual(text === null ? [[], 0] : [[text], 1]);
        const { hits } = await memory.search("When is the meeting?", { asOf });
        expect(hits.map((hit) => hit.text)).toEqual(text === null ? [] : [text]);
      }
    },
    async ({ memory }) => {
      await memory.add({ id: "a", text: "The meeting is on Monday" });
      expect(await memory.get("a", { asOf: "2000-01-01" })).toBeNull();
      expect((await memory.list({ asOf: "2000-01-01" })).total).toBe(0);
      expect((await memory.search("meeting", { asOf: "2000-01-01" })).hits).toEqual([]);
      expect((await memory.get("a", { asOf: "2999-01-01" }))?.version).toBe(1);
    },
  );

  verifies("memory.validity", "recalls what was true at an instant", async ({ memory }) => {
    await memory.add([
      { id: "before", text: "Lives in Paris", validTo: "2024-01-01" },
      { id: "then", text: "Lives in Lyon", validFrom: "2024-01-01", validTo: "2025-01-01" },
      { id: "after", text: "Lives in Nice", validFrom: "2025-01-01" },
      { id: "always", text: "Lives in France" },
    ]);
    const found = async (validAt?: string) => {
      const options = validAt === undefined ? {} : { validAt };
      const { hits } = await memory.search("Where does she live?", options);
      const { records } = await memory.list(options);
      return [hits, records].map((some) => some.map(({ id }) => id).sort());
    };
    const all = ["after", "always", "before", "then"];
    expect(await found()).toEqual([["after", "always"], all]);
    expect(await found("any")).toEqual([all, all]);
    expect(await found("2023-12-31")).toEqual([
      ["always", "before"],
      ["always", "before"],
    ]);
    expect(await found("2024-01-01")).toEqual([
      ["always", "then"],
      ["always", "then"],
    ]);
    expect(await found("2025-01-01")).toEqual([
      ["after", "always"],
      ["after", "always"],
    ]);
  });

  verifies.moving(
    "memory.expiry",
    "forgets what has expired, at its instant",
    async (fixture) => {
      const { memory } = fixture;
      await memory.add({ id: "a", text: "A short note", expiresAt: at(10) });
      fixture.advance(9.999);
      expect((await memory.get("a"))?.id).toBe("a");
      expect((await memory.search("note")).total).toBe(1);
      fixture.advance(0.001);
      expect(await memory.get("a")).toBeNull();
      expect((await memory.list()).total).toBe(0);
      expect((await memory.search("note")).hits).toEqual([]);
      expect(await codeOf(memory.update("a", { text: "x" }))).toBe("record_not_found");
      expect(await memory.delete("a")).toEqual([]);
      expect((await memory.add("A short note")).status).toBe("created");
    },
    async ({ memory }) => {
      await memory.add([
        { id: "gone", text: "A past note", expiresAt: "2020-01-01" },
        { id: "here", text: "A lasting note", expiresAt: "2999-01-01" },
      ]);
      expect(await memory.get("gone")).toBeNull();
      expect((await memory.search("note")).hits.map(({ id }) => id)).toEqual(["here"]);
    },
  );

  verifies("memory.changes", "tells the changes of its scope, in order", async ({ memory }) => {
    const alice = memory.scope({ userId: "alice" });
    await alice.add({ id: "a", text: "one" });
    await memory.scope({ userId: "bob" }).add({ id: "b", text: "two" });
    await alice.session("chat").append({ role: "user", content: "hello" });
    await alice.update("a", { text: "three" });
    await alice.session("chat").append({ role: "user", content: "bye" });
    await alice.delete("a");
    const seen: [string, string, string][] = [];
    const sequences: number[] = [];
    for await (const { kind, change, id, sequence } of alice.changes({ limit: 2 })) {
      seen.push([kind, change, id]);
      sequences.push(sequence);
    }
    const ofKind = (wanted: string) => seen.filter(([kind]) => kind === wanted);
    expect(ofKind("record")).toEqual([
      ["record", "create", "a"],
      ["record", "update", "a"],
      ["record", "delete", "a"],
    ]);
    expect(ofKind("session")).toEqual([
      ["session", "create", "chat"],
      ["session", "update", "chat"],
    ]);
    expect(seen).toHaveLength(5);
    expect(sequences).toEqual(sequences.toSorted((left, right) => left - right));
    const rest: [string, string, string][] = [];
    for await (const { kind, change, id } of alice.changes({ after: sequences[1] ?? 0 }))
      rest.push([kind, change, id]);
    expect(rest).toEqual(seen.slice(2));
  });
});

const DAY = 86_400;

/** What a handle finds, as id and text. */
async function found(handle: Memory): Promise<Record<string, string>> {
  const { hits } = await handle.search("What does she like to drink?", { limit: 100 });
  return Object.fromEntries(hits.map(({ id, text }) => [id, text]));
}

export const sleeping = area<MemoryFixture>("sleeping for long", (verifies) => {
  verifies.moving(
    "memory.changes-forgotten",
    "tells who slept that changes are forgotten, and finds the same for it",
    async (fixture) => {
      const { memory } = fixture;
      const sleeper = await fixture.another();
      await memory.add([
        { id: "kept", text: "Likes to drink green tea" },
        { id: "changed", text: "Likes to drink black coffee" },
        { id: "gone", text: "Likes to drink cold milk" },
      ]);
      expect(Object.keys(await found(sleeper))).toHaveLength(3);
      expect(await found(memory)).toEqual(await found(sleeper));
      const seen = (await collected(sleeper.changes())).at(-1)?.sequence ?? 0;

      fixture.advance(DAY);
      await memory.update("changed", { text: "Likes to drink hot chocolate" });
      await memory.delete("gone");
      await memory.session("chat").append({ role: "user", content: "hello" });
      await memory.add({ id: "new", text: "Likes to drink apple juice" });
      fixture.advance(31 * DAY);
      await memory.add({ id: "newest", text: "Likes to drink plain water" });
      const missed = await vi.waitFor(() => failure(collected(sleeper.changes({ after: seen }))), {
        timeout: 30_000,
        interval: 20,
      });
      expect(missed).toBeInstanceOf(ChangesForgottenError);
      expect(missed.status).toBe(410);
      expect(await codeOf(collected(sleeper.changes({ after: seen, follow: true })))).toBe(
        "changes_forgotten",
      );

      const expected = {
        kept: "Likes to drink green tea",
        changed: "Likes to drink hot chocolate",
        new: "Likes to drink apple juice",
        newest: "Likes to drink plain water",
      };
      for (const handle of [sleeper, memory, await fixture.another()])
        expect(await found(handle)).toEqual(expected);

      await memory.update("newest", { importance: 1 });
      const { sequence } = missed as ChangesForgottenError;
      const since = await collected(sleeper.changes({ after: sequence }));
      expect(since.map(({ change, id }) => [change, id])).toEqual([["update", "newest"]]);
    },
    async ({ memory }) => {
      await memory.add({ id: "kept", text: "Likes to drink green tea" });
      expect((await collected(memory.changes({ after: 0 }))).map(({ id }) => id)).toEqual(["kept"]);
    },
  );
});

export const idempotency = area<MemoryFixture>("idempotency keys", (verifies) => {
  verifies("memory.idempotency", "carries out a repeated write once", async ({ memory }) => {
    const options = { idempotencyKey: "add-1" };
    const first = await memory.add(["one", "two"], options);
    expect(await memory.add(["one", "two"], options)).toEqual(first);
    expect(await codeOf(memory.add(["one", "three"], options))).toBe("idempotency_key_reused");
    const [one] = first;
    const id = one?.record.id ?? "";
    const updated = await memory.update(id, { text: "changed" }, { idempotencyKey: "update-1" });
    expect(await memory.update(id, { text: "changed" }, { idempotencyKey: "update-1" })).toEqual(updated);
    expect((await memory.history(id)).length).toBe(2);
    expect(await memory.delete(id, { idempotencyKey: "delete-1" })).toEqual([id]);
    expect(await memory.delete(id, { idempotencyKey: "delete-1" })).toEqual([id]);
    expect((await memory.list()).total).toBe(1);
  });
});
