import { expect } from "vitest";
import { at } from "../build.ts";
import { area } from "../suite.ts";
import { codeOf, type MemoryFixture } from "./fixture.ts";

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
