import { afterAll, describe, expect, test } from "vitest";
import { openMemory } from "../../src/index.ts";

// What a caller in plain JavaScript may write, whom no compiler warns.
type Loose = Record<string, unknown>;
const loose = <Value>(value: Value) => value as never;

const memory = await openMemory("memory:");
afterAll(() => memory.close());

describe("a name that nobody knows is refused, not passed over", () => {
  const chat = memory.session("chat");
  const conversation = memory.conversations().conversation("chat");

  test.each<[string, string, () => unknown]>([
    ["a scope", "user_id", () => memory.scope(loose({ user_id: "alice" }))],
    ["a record", "tags", () => memory.add(loose({ text: "Likes tea", tags: ["tea"] }))],
    [
      "a record of several",
      "1.tenant",
      () => memory.add(["Likes tea", loose({ text: "x", tenant: "acme" })]),
    ],
    ["options of add", "dedup", () => memory.add("Likes tea", loose({ dedup: false }))],
    ["options of search", "topK", () => memory.search("tea", loose({ topK: 5 }))],
    ["options of get", "asof", () => memory.get("a", loose({ asof: 1 }))],
    ["options of list", "max", async () => memory.list(loose({ max: 5 }))],
    ["options of update", "version", () => memory.update("a", { text: "x" }, loose({ version: 1 }))],
    ["options of delete", "hard", () => memory.delete("a", loose({ hard: true }))],
    ["options of history", "limit", () => memory.history("a", loose({ limit: 1 }))],
    ["a policy", "maxAge", () => memory.forget(loose({ maxAge: 3 }))],
    ["options of forget", "dry_run", () => memory.forget({ budget: 3 }, loose({ dry_run: false }))],
    ["options of changes", "since", () => memory.changes(loose({ since: 3 })).next()],
    ["options of sessions", "max", async () => memory.sessions(loose({ max: 3 }))],
    [
      "a message",
      "messages.0.toolCalls",
      () => chat.append(loose({ role: "user", content: "Hi", toolCalls: [] })),
    ],
    ["options of messages", "limit", () => chat.messages(loose({ limit: 3 }))],
    ["options of a context", "max_tokens", () => chat.context("tea", loose({ max_tokens: 100 }))],
    ["recall in a context", "recall.topK", () => chat.context("tea", { recall: loose({ topK: 5 }) })],
    ["options of a write", "ttl", () => chat.data.set("step", 1, loose({ ttl: 5 }))],
    ["options of a field", "expires", () => conversation.set("step", 1, loose({ expires: 5 }))],
    ["options of conversations", "timeToLive", () => memory.conversations(loose({ timeToLive: 5 }))],
    ["options of opening", "stor", () => openMemory(loose({ stor: "memory:" }))],
    [
      "conversations in them",
      "conversations.max",
      () => openMemory({ store: "memory:", conversations: loose({ max: 1 }) }),
    ],
  ])("in %s", async (_, place, call) => {
    await expect((async () => call())()).rejects.toThrow(`${place}: is not known here; there are: `);
  });

  test("and nothing is stored", async () => {
    expect((await memory.list()).total).toBe(0);
    expect(await chat.read()).toBeNull();
  });
});

describe("a scope is never wider than it was meant", () => {
  test.each<[Loose | string | undefined | null, string]>([
    [{ userId: undefined }, "userId: must be a string"],
    [{ userId: null }, "userId: must be a string"],
    [{ tenant: undefined }, "tenant: must be a string"],
    [{ namespace: undefined, userId: "alice" }, "namespace: must be a string"],
    ["alice", "scope: must be an object"],
    [undefined, "scope: must be an object"],
    [null, "scope: must be an object"],
  ])("%j is refused", (scope, message) => {
    expect(() => memory.scope(loose(scope))).toThrow(message);
  });
});

describe("what is missing or of another kind is named", () => {
  test.each<[string, () => unknown]>([
    ["record: must be a text or a record", () => memory.add(loose(undefined))],
    ["1: must be a text or a record", () => memory.add(["Likes tea", loose(7)])],
    ["options: must be an object", () => memory.search("tea", loose(10))],
    ["ids: must be an id or a list of ids", () => memory.delete(loose(undefined))],
    ["policy: must be an object", () => memory.forget(loose(undefined))],
    ["options: must be an object", () => openMemory(loose(null))],
    ["options: must be an object", () => openMemory(loose(5))],
    [
      "workers: must be a whole number, from 0 to 1000",
      () => openMemory(loose({ store: "memory:", workers: "2" })),
    ],
    ["workers: must be a whole number, from 0 to 1000", () => openMemory({ store: "memory:", workers: -1 })],
    [
      "embeddingCache: must be a whole number",
      () => openMemory(loose({ store: "memory:", embeddingCache: "x" })),
    ],
    [
      "sessionTtl: must be a number of seconds, 0 or more",
      () => openMemory(loose({ store: "memory:", sessionTtl: "9" })),
    ],
    ["changesTtl: must be above 0, or null", () => openMemory({ store: "memory:", changesTtl: 0 })],
    ["versionsKept: must be a whole", () => openMemory({ store: "memory:", versionsKept: 1.5 })],
    ["idempotencyTtl: must be above 0, or null", () => openMemory({ store: "memory:", idempotencyTtl: 0 })],
    ["autoCleanup: must be true or false", () => openMemory(loose({ store: "memory:", autoCleanup: "no" }))],
    [
      "embedder: must be an embedder, such as createEmbedder",
      () => openMemory(loose({ store: "memory:", embedder: "static" })),
    ],
    [
      "reranker: must be a reranker, such as createReranker",
      () => openMemory(loose({ store: "memory:", reranker: {} })),
    ],
    [
      "conversations.messages: must be a whole number",
      () => openMemory({ store: "memory:", conversations: { messages: -5 } }),
    ],
    ["ttl: must be a number of seconds, 0 or more, or null", () => memory.conversations({ ttl: -1 })],
    ["store: must name a file, such as sqlite:.memoir/memory.db", () => openMemory("sqlite:")],
    ["For a file write sqlite:PATH", () => openMemory("./memory.db")],
    ["For a file write sqlite:PATH", () => openMemory("file:///tmp/memory.db")],
  ])("%s", async (message, call) => {
    await expect((async () => call())()).rejects.toThrow(message);
  });
});

test("values typed by an interface go in and come out", async () => {
  interface Flight {
    readonly to: string;
    readonly stops?: readonly string[];
  }
  const flight: Flight = { to: "Rome", stops: ["Lyon"] };
  const chat = memory.conversations().conversation("typed");
  await chat.set("flight", flight);
  await chat.update({ other: flight });
  await chat.append("flights", flight);
  await chat.addMessage("user", "Book it", flight);
  const { record } = await memory.add({ text: "Booked", metadata: flight });
  await memory.update(record.id, { metadata: { ...flight, paid: true } });
  await chat.session.data.merge({ deep: { flight } });
  await chat.session.list("flights").push(flight);
  expect((await chat.get<Flight>("flight"))?.stops).toEqual(["Lyon"]);
  expect((await chat.required<Flight>("other")).to).toBe("Rome");
  expect((await chat.session.data.get<{ flight: Flight }>("deep"))?.flight).toEqual(flight);
  const stops: readonly (readonly string[] | undefined)[] = (await chat.getList<Flight>("flights")).map(
    ({ stops }) => stops,
  );
  expect(stops).toEqual([["Lyon"], ["Lyon"]]);
  expect((await chat.pop<Flight>("flights"))?.to).toBe("Rome");
  // @ts-expect-error a date is no JSON
  await expect(chat.set("when", new Date())).rejects.toThrow("values.when: must be a JSON value");
  // @ts-expect-error neither is a function
  await expect(chat.session.data.set("how", () => 1)).rejects.toThrow("values.how: must be a JSON value");
  await expect(chat.update(loose([1]))).rejects.toThrow("values: must be an object");
});
