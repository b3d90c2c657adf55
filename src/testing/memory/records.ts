import { expect } from "vitest";
import type { RecordInput } from "../../core/record.ts";
import { ODD_TEXTS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { codeOf, fieldsOf, type MemoryFixture } from "./fixture.ts";

const FULL: RecordInput = {
  id: "full",
  text: "Prefers aisle seats",
  type: "episodic",
  namespace: ["travel", "a/b"],
  userId: "alice",
  agentId: "planner",
  sessionId: "chat-42",
  speaker: "Alice",
  topics: ["seats"],
  entities: ["Rome"],
  importance: 0.75,
  pinned: true,
  eventDate: new Date("2026-05-01T00:00:00.250Z"),
  validFrom: "2026-05-01",
  validTo: "2026-06-01T02:00:00+02:00",
  expiresAt: 4_102_444_800,
  metadata: { nested: { list: [1, "x", true, null] }, "a.b": 1, camelCase: 2, snake_case: 3 },
  createdAt: "2026-05-03T10:00:00.123456Z",
  updatedAt: "2026-05-03T11:00:00Z",
  lastAccessedAt: "2026-05-03T12:00:00Z",
  accessCount: 7,
  persistedAt: "2026-05-03T13:00:00Z",
  extractedFrom: ["m1"],
  extractionStrategy: "custom",
  extractionStrategyConfig: { aPrompt: "p" },
  extracted: false,
};

const STORED = {
  ...FULL,
  namespace: "travel/a%2Fb",
  eventDate: "2026-05-01T00:00:00.250Z",
  validFrom: "2026-05-01T00:00:00Z",
  validTo: "2026-06-01T00:00:00Z",
  expiresAt: "2100-01-01T00:00:00Z",
  version: 1,
};

export const adding = area<MemoryFixture>("adding", (verifies) => {
  verifies("memory.add", "keeps every field and fills in the rest", async (fixture) => {
    const { memory } = fixture;
    const full = await memory.add(FULL);
    expect(full).toEqual({ status: "created", record: { ...STORED, hash: full.record.hash } });
    expect(await memory.get("full")).toEqual(full.record);
    const bare = await memory.add("The cat is called Miso");
    expect(bare.record).toMatchObject({
      text: "The cat is called Miso",
      type: "semantic",
      userId: null,
      topics: [],
      importance: 0.5,
      pinned: false,
      metadata: {},
      accessCount: 0,
      expiresAt: null,
      version: 1,
    });
    expect(bare.record.id).not.toBe("");
    expect(bare.record.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await memory.get(bare.record.id)).toEqual(bare.record);
  });

  verifies.moving(
    "memory.clock",
    "dates what is added by the given clock",
    async (fixture) => {
      fixture.advance(3600);
      const { record } = await fixture.memory.add("x");
      const { now } = fixture;
      expect(record).toMatchObject({ createdAt: now, updatedAt: now, lastAccessedAt: now });
      fixture.advance(60);
      const updated = await fixture.memory.update(record.id, { text: "y" });
      expect(updated).toMatchObject({ createdAt: now, updatedAt: fixture.now });
    },
    async ({ memory }) => {
      const { record } = await memory.add("x");
      expect(record.updatedAt).toBe(record.createdAt);
    },
  );

  verifies("memory.add-many", "adds several in order, all or none", async ({ memory }) => {
    const results = await memory.add(["one", { text: "two", id: "second" }, "three"]);
    expect(results.map(({ record }) => record.text)).toEqual(["one", "two", "three"]);
    expect(results.map(({ status }) => status)).toEqual(["created", "created", "created"]);
    expect(await memory.add([])).toEqual([]);
    expect(await fieldsOf(memory.add(["four", { text: "five", importance: 2 }]))).toEqual(["1.importance"]);
    expect((await memory.list()).total).toBe(3);
  });

  verifies("memory.add-known-id", "writes the next version of a known id", async ({ memory }) => {
    const first = await memory.add({ id: "a", text: "first", topics: ["t"] });
    const same = await memory.add({ id: "a", text: "first", topics: ["t"] });
    expect(same).toEqual({ status: "unchanged", record: first.record });
    const second = await memory.add({ id: "a", text: "second" });
    expect(second).toMatchObject({ status: "updated", record: { text: "second", topics: [], version: 2 } });
    expect(second.record.createdAt).toBe(first.record.createdAt);
    const alice = memory.scope({ userId: "alice" });
    expect(await codeOf(alice.add({ id: "a", text: "third" }))).toBe("id_in_use");
    expect((await memory.get("a"))?.text).toBe("second");
  });

  verifies("memory.duplicates", "keeps one of exact duplicates", async ({ memory }) => {
    const first = await memory.add({ text: "Likes tea", topics: ["drinks"], metadata: { a: 1 } });
    expect(await memory.add("Likes tea")).toMatchObject({
      status: "duplicate",
      record: { id: first.record.id },
    });
    const more = await memory.add({ id: "other", text: "Likes tea", topics: ["habits"], metadata: { b: 2 } });
    expect(more).toMatchObject({
      status: "duplicate",
      record: { id: first.record.id, topics: ["drinks", "habits"], metadata: { a: 1, b: 2 } },
    });
    expect((await memory.get("other"))?.id).toBe(first.record.id);
    const [one, again] = await memory.add(["Likes coffee", "Likes coffee"]);
    expect([one?.status, again?.status]).toEqual(["created", "duplicate"]);
    expect(again?.record).toEqual(one?.record);
    expect((await memory.list()).total).toBe(2);
  });

  verifies(
    "memory.not-duplicates",
    "keeps what differs in scope, type, speaker or date",
    async ({ memory }) => {
      const variants: RecordInput[] = [
        { text: "Likes tea" },
        { text: "likes tea" },
        { text: "Likes tea." },
        { text: "Likes tea", userId: "alice" },
        { text: "Likes tea", namespace: "n" },
        { text: "Likes tea", agentId: "a" },
        { text: "Likes tea", sessionId: "s" },
        { text: "Likes tea", type: "procedural" },
        { text: "Likes tea", speaker: "Bob" },
        { text: "Likes tea", eventDate: "2026-01-01" },
        { text: "Likes tea", type: "message" },
        { text: "Likes tea", type: "message" },
      ];
      const results = await memory.add(variants);
      expect(results.map(({ status }) => status)).toEqual(variants.map(() => "created"));
      const again = await memory.add(variants, { deduplicate: false });
      expect(again.map(({ status }) => status)).toEqual(variants.map(() => "created"));
      expect((await memory.list()).total).toBe(2 * variants.length);
    },
  );

  verifies("memory.any-text", "keeps any well-formed text exactly", async ({ memory }) => {
    const texts = [...ODD_TEXTS.filter((text) => text !== ""), `${"long words ".repeat(95_000)}end`];
    const inputs = texts.map((text) => ({ text, topics: [text], metadata: { text } }));
    const added = await memory.add(inputs, { deduplicate: false });
    for (const [index, { record }] of added.entries()) {
      const text = texts[index];
      expect(await memory.get(record.id)).toMatchObject({ text, topics: [text], metadata: { text } });
    }
  });

  verifies("memory.bad-text", "refuses what is no text, naming the field", async ({ memory }) => {
    const lone = ["\ud800", "a\udc00b", "\udbff"];
    for (const text of lone) {
      expect(await fieldsOf(memory.add(text))).toEqual(["text"]);
      expect(await fieldsOf(memory.add({ text: "x", topics: ["ok", text] }))).toEqual(["topics.1"]);
      expect(await fieldsOf(memory.add({ text: "x", metadata: { deep: [text] } }))).toEqual([
        "metadata.deep.0",
      ]);
      expect(await fieldsOf(memory.add({ text: "x", userId: text }))).toEqual(["userId"]);
      expect(await fieldsOf(memory.search(text))).toEqual(["query"]);
      expect(await fieldsOf(memory.session("s").append({ role: "user", content: text }))).toEqual([
        "messages.0.content",
      ]);
    }
    expect(await fieldsOf(memory.add(""))).toEqual(["text"]);
    expect(await fieldsOf(memory.add({ text: "x", id: "a\0b" }))).toEqual(["id"]);
    expect((await memory.list()).total).toBe(0);
  });

  verifies("memory.bad-input", "refuses a wrong field by name and stores nothing", async ({ memory }) => {
    const wrong: [Record<string, unknown>, string][] = [
      [{ id: "" }, "id"],
      [{ id: "x".repeat(1025) }, "id"],
      [{ type: "dream" }, "type"],
      [{ importance: 1.5 }, "importance"],
      [{ importance: Number.NaN }, "importance"],
      [{ topics: "one" }, "topics"],
      [{ pinned: "yes" }, "pinned"],
      [{ eventDate: "yesterday" }, "eventDate"],
      [{ validFrom: "2026-02-30" }, "validFrom"],
      [{ validFrom: "2026-05-02", validTo: "2026-05-01" }, "validTo"],
      [{ createdAt: "9999-01-01" }, "createdAt"],
      [{ accessCount: -1 }, "accessCount"],
      [{ metadata: { price: Number.NaN } }, "metadata.price"],
      [{ metadata: { date: new Date() } }, "metadata.date"],
      [{ metadata: [] }, "metadata"],
      [{ namespace: [] }, "namespace"],
    ];
    for (const [part, field] of wrong) {
      const input = { text: "x", ...part } as RecordInput;
      expect(await fieldsOf(memory.add(input)), JSON.stringify(part)).toEqual([field]);
    }
    expect((await memory.list()).total).toBe(0);
  });
});
