import { expect } from "vitest";
import { RECALL_MODES } from "../../core/recall.ts";
import type { Memory } from "../../memory.ts";
import type { SearchOptions } from "../../operations.ts";
import { area } from "../suite.ts";
import { addFacts, FACTS, idsOf } from "./facts.ts";
import type { MemoryFixture } from "./fixture.ts";

export const recallOfChanges = area<MemoryFixture>("search after changes", (verifies) => {
  verifies("search.fresh", "sees at once what any handle has written", async (fixture) => {
    const { memory } = fixture;
    const other = await fixture.another();
    for (const [id, text, question] of FACTS) {
      const [writer, reader] = id.length % 2 === 0 ? [memory, other] : [other, memory];
      await writer.add({ id, text });
      for (const handle of [reader, writer]) expect((await handle.search(question)).hits[0]?.id).toBe(id);
    }
    await other.delete("cat");
    expect(idsOf((await memory.search("cat tuna", { limit: 100 })).hits)).not.toContain("cat");
  });

  verifies("search.deleted", "never finds what was deleted", async ({ memory }) => {
    await addFacts(memory);
    await memory.delete(["cat", "seat"]);
    for (const mode of RECALL_MODES) {
      const { hits, total } = await memory.search("cat tuna aisle seat", { mode, limit: 100 });
      expect(idsOf(hits)).not.toContain("cat");
      expect(idsOf(hits)).not.toContain("seat");
      expect(total).toBe(hits.length);
    }
    await memory.add({ id: "cat", text: "The cat is called Miso and only eats tuna" });
    expect((await memory.search("cat tuna")).hits[0]?.id).toBe("cat");
  });

  verifies("search.updated", "finds an update by its new words and not by its old", async ({ memory }) => {
    await addFacts(memory);
    await memory.search("cat tuna");
    await memory.update("cat", { text: "The parrot is called Kiwi and loves mango" });
    expect((await memory.search("parrot mango", { mode: "keyword" })).hits[0]?.id).toBe("cat");
    expect((await memory.search("tuna", { mode: "keyword" })).hits).toEqual([]);
    const [first] = (await memory.search("Which fruit does the parrot love, mango?")).hits;
    expect(first).toMatchObject({ id: "cat", version: 2, text: "The parrot is called Kiwi and loves mango" });
    await memory.update("cat", { userId: "alice" });
    expect((await memory.scope({ userId: "bob" }).search("parrot")).hits).toEqual([]);
    expect((await memory.scope({ userId: "alice" }).search("parrot")).hits).toHaveLength(1);
  });

  verifies("search.reopened", "finds the same after opening again", async (fixture) => {
    await addFacts(fixture.memory);
    const search = async (memory: Memory) =>
      (await memory.search("Who bakes sourdough bread?", { touch: false })).hits.map(({ id, score }) => [
        id,
        score,
      ]);
    const before = await search(fixture.memory);
    expect(await search(await fixture.reopen())).toEqual(before);
  });

  verifies.moving(
    "search.touch",
    "counts an access of what it found, unless told not to",
    async (fixture) => {
      const { memory } = fixture;
      await memory.add([
        { id: "a", text: "found" },
        { id: "b", text: "missed", userId: "bob" },
      ]);
      fixture.advance(3600);
      await memory.search("found", { touch: false });
      expect((await memory.get("a"))?.accessCount).toBe(0);
      await memory.search("found", { filter: { userId: null } });
      const touched = await eventually(memory, "a", (count) => count > 0);
      expect(touched).toMatchObject({ accessCount: 1, lastAccessedAt: fixture.now, version: 1 });
      expect((await memory.get("b"))?.accessCount).toBe(0);
    },
    async ({ memory }) => {
      await memory.add({ id: "a", text: "found", lastAccessedAt: "2020-01-01" });
      await memory.search("found", { touch: false });
      expect((await memory.get("a"))?.accessCount).toBe(0);
      await memory.search("found");
      expect(await eventually(memory, "a", (count) => count > 0)).toMatchObject({
        accessCount: 1,
        version: 1,
      });
    },
  );

  verifies("search.recency", "prefers the recent as much as asked", async ({ memory }) => {
    const old = { createdAt: "2020-01-01", lastAccessedAt: "2020-01-01" };
    await memory.add([
      { id: "old", text: "Had lunch in the harbour", ...old },
      { id: "new", text: "Had lunch" },
    ]);
    const search = async (recency?: SearchOptions["recency"]) =>
      idsOf(
        (await memory.search("lunch in the harbour", { touch: false, ...(recency && { recency }) })).hits,
      );
    expect(await search()).toEqual(["old", "new"]);
    expect(await search({ semanticWeight: 1, recencyWeight: 0 })).toEqual(["old", "new"]);
    expect(await search({ semanticWeight: 0.1, recencyWeight: 0.9 })).toEqual(["new", "old"]);
  });
});

/** Reads until a background count has arrived; gives up after so many reads that it never will. */
async function eventually(memory: Memory, id: string, arrived: (accessCount: number) => boolean) {
  for (let reads = 0; reads < 50_000; reads++) {
    const record = await memory.get(id);
    if (record === null || arrived(record.accessCount)) return record;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return memory.get(id);
}
