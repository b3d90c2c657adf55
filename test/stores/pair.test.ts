import { describe, expect, test } from "vitest";
import { ChangesForgottenError } from "../../src/core/errors.ts";
import type { Store } from "../../src/core/store.ts";
import { openMemory, ValidationError } from "../../src/index.ts";
import { createMemoryStore } from "../../src/stores/memory/index.ts";
import { createPair } from "../../src/stores/pair.ts";
import { makeMessage, makeRecord, putRecord, sessionKey } from "../../src/testing/index.ts";

const START = "2026-05-04T09:30:00Z";

function append(store: Pick<Store, "writeSession">, id: string) {
  const operations = [{ operation: "append", messages: [makeMessage("m")] }] as const;
  return store.writeSession(sessionKey(id), { operations, now: START });
}

async function feedIds(store: Store): Promise<string[]> {
  return (await store.changes("acme", { after: 0, limit: 1000 })).map(({ id }) => id);
}

describe("a pair of stores", () => {
  test("keeps sessions in one and records in the other", async () => {
    const [working, longTerm] = [createMemoryStore(), createMemoryStore()];
    const pair = createPair({ working, longTerm });
    await append(pair, "chat");
    await pair.write("acme", { writes: [putRecord(makeRecord("a"))], now: START });
    expect(await longTerm.readSession(sessionKey("chat"), { now: START })).toBeNull();
    expect(await working.readSession(sessionKey("chat"), { now: START })).not.toBeNull();
    expect(await working.history("acme", "a")).toEqual([]);
    expect(await longTerm.history("acme", "a")).toHaveLength(1);
  });

  test("tells changes that were made while nobody had the pair open", async () => {
    const [working, longTerm] = [createMemoryStore(), createMemoryStore()];
    await append(working, "before");
    const first = createPair({ working, longTerm });
    expect(await feedIds(first)).toEqual(["before"]);
    await append(working, "between");
    const second = createPair({ working, longTerm });
    expect(await feedIds(second)).toEqual(["before", "between"]);
    expect(await feedIds(first)).toEqual(["before", "between"]);
  });

  test("tells a change once when a process died after carrying it over", async () => {
    const [working, longTerm] = [createMemoryStore(), createMemoryStore()];
    await append(working, "chat");
    // The answer of the long-term store never arrives, as when the process ends or the connection is cut.
    const cut: Store = {
      ...longTerm,
      takeChanges: async (tenant, foreign) => {
        const position = await longTerm.takeChanges(tenant, foreign);
        if (foreign.changes.length > 0) throw new Error("connection lost");
        return position;
      },
    };
    await expect(createPair({ working, longTerm: cut }).lastSequence("acme")).rejects.toThrow("lost");
    expect(await feedIds(createPair({ working, longTerm }))).toEqual(["chat"]);
  });

  test("carries over more changes than fit into one transaction", async () => {
    const [working, longTerm] = [createMemoryStore(), createMemoryStore()];
    const pair = createPair({ working, longTerm });
    for (let index = 0; index < 2_100; index++) await append(working, `s${index % 7}`);
    const sequence = await pair.lastSequence("acme");
    expect(sequence).toBe(2_100);
  });

  test("goes on with a working store that was emptied", async () => {
    const longTerm = createMemoryStore();
    const old = createMemoryStore();
    for (const id of ["one", "two", "three"]) await append(old, id);
    await createPair({ working: old, longTerm }).lastSequence("acme");
    const emptied = createMemoryStore();
    const pair = createPair({ working: emptied, longTerm });
    expect(await feedIds(pair)).toEqual(["one", "two", "three"]);
    await append(emptied, "four");
    expect(await feedIds(pair)).toEqual(["one", "two", "three", "four"]);
  });

  test("tells its followers when sessions' changes were forgotten before anybody carried them over", async () => {
    const [working, longTerm] = [createMemoryStore(), createMemoryStore()];
    const pair = createPair({ working, longTerm });
    await append(pair, "seen");
    const seen = await pair.lastSequence("acme");
    for (const id of ["missed", "kept"]) await append(working, id);
    expect(await working.forgetChanges("acme", START, 10)).toBe(2);
    const behind = await pair.changes("acme", { after: seen, limit: 10 }).catch((reason: unknown) => reason);
    expect(behind).toBeInstanceOf(ChangesForgottenError);
    const { sequence } = behind as ChangesForgottenError;
    expect(await pair.changes("acme", { after: sequence, limit: 10 })).toEqual([]);
    // Once told, it goes on as ever, in every process.
    await append(working, "next");
    for (const one of [pair, createPair({ working, longTerm })])
      expect((await one.changes("acme", { after: sequence, limit: 10 })).map(({ id }) => id)).toEqual([
        "next",
      ]);
  });

  test("carries changes over before it forgets them", async () => {
    const [working, longTerm] = [createMemoryStore(), createMemoryStore()];
    for (const id of ["one", "two", "three"]) await append(working, id);
    const pair = createPair({ working, longTerm });
    expect(await pair.forgetChanges("acme", "2026-05-04T09:29:00Z", 10)).toBe(0);
    expect(await feedIds(pair)).toEqual(["one", "two", "three"]);
    expect(await pair.forgetChanges("acme", START, 3)).toBe(3);
    expect(await pair.forgetChanges("acme", START, 3)).toBe(1);
    expect(await pair.lastSequence("acme")).toBe(3);
  });

  test("says which of the two has a problem", async () => {
    const working: Store = { ...createMemoryStore(), check: async () => ["lost a page"] };
    const pair = createPair({ working, longTerm: createMemoryStore() });
    expect(await pair.check()).toEqual(["memory: lost a page"]);
  });
});

describe("openMemory with a store for sessions", () => {
  test("keeps both in their places", async () => {
    const [working, longTerm] = [createMemoryStore(), createMemoryStore()];
    await using memory = await openMemory({ working, longTerm, jobs: "memory:" });
    await memory.session("chat").append({ role: "user", content: "hello" });
    await memory.add({ id: "a", text: "Likes tea" });
    const now = "2999-01-01T00:00:00Z";
    expect((await working.listSessions("default", { now, limit: 9, offset: 0 })).total).toBe(1);
    expect((await longTerm.listSessions("default", { now, limit: 9, offset: 0 })).total).toBe(0);
    expect(await longTerm.history("default", "a")).toHaveLength(1);
  });

  const store = createMemoryStore();
  test.each([
    ["the same store twice", { working: store, longTerm: store }, "working"],
    ["the same URL twice", { working: "sqlite:a.db", longTerm: "sqlite:a.db" }, "working"],
    ["two names of one thing", { store: "memory:", longTerm: "memory:" }, "longTerm"],
    ["sessions beside a server", { store: "http://127.0.0.1:9", working: "memory:" }, "working"],
    ["an unknown scheme", { working: "nothing:here", store: "memory:" }, "working"],
  ])("refuses %s", async (_, options, field) => {
    const error = await openMemory(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).issues[0]?.path).toEqual([field]);
  });
});
