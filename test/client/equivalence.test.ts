import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectMemory } from "../../src/client/index.ts";
import { MemoirError, ValidationError } from "../../src/core/errors.ts";
import type { ResolvedScope } from "../../src/core/scope.ts";
import type { SessionOperation } from "../../src/core/session/operations.ts";
import { openMemory } from "../../src/open.ts";
import type { MemoryOperations } from "../../src/operations.ts";
import { type RunningServer, serve } from "../../src/server/index.ts";
import { arbitraryInputs } from "../../src/testing/arbitraries.ts";
import { arbitraryFilter, arbitraryLabel, arbitraryOperation } from "../../src/testing/index.ts";
import { recordingLogger, TestClock } from "../server/served.ts";

/** Two memories that start alike: one in process, one behind a server. */
interface Twins {
  readonly local: MemoryOperations;
  readonly remote: MemoryOperations;
  readonly server: RunningServer;
}

const clock = new TestClock();

async function openTwins(): Promise<Twins> {
  const counting = () => {
    let next = 0;
    return { next: () => `id-${++next}` };
  };
  const [local, served] = await Promise.all([
    openMemory({ store: "memory:", clock, ids: counting() }),
    openMemory({ store: "memory:", clock, ids: counting() }),
  ]);
  const server = await serve({ operations: served.operations, clock, port: 0, logger: recordingLogger([]) });
  return { local: local.operations, remote: connectMemory(server.url, { backoff: 1 }), server };
}

type Call = (operations: MemoryOperations) => Promise<unknown>;

/** What a caller sees of a call, errors included. */
async function outcome(operations: MemoryOperations, call: Call): Promise<unknown> {
  try {
    return { answer: await call(operations) };
  } catch (error) {
    if (!MemoirError.is(error)) throw error;
    const { code, message, details } = error;
    return {
      code,
      message,
      details,
      ...(error instanceof ValidationError && {
        issues: error.issues.map(({ path, type }) => ({ path, type })),
      }),
      family: Object.getPrototypeOf(Object.getPrototypeOf(error)).constructor.name,
    };
  }
}

const UNKNOWN = { tenant: "default", namespace: null, userId: null, agentId: null, sessionId: null };
const alice: ResolvedScope = { ...UNKNOWN, userId: "alice" };
const key = { tenant: "default", namespace: null, userId: "alice", sessionId: "chat" };
const message = (id: string, content = id) => ({
  id,
  role: "user",
  content,
  name: null,
  createdAt: "2026-05-04T09:00:00.123456Z",
  metadata: {},
  persistedAt: null,
  extracted: false,
});
// biome-ignore lint/suspicious/noExplicitAny: callers without types give anything.
const any = (value: unknown) => value as any;

/** Calls in order; each sees what the ones before it left behind. */
const CALLS: readonly [title: string, call: Call][] = [
  ["add nothing", (o) => o.add(alice, [])],
  [
    "add everything a record can have",
    (o) =>
      o.add(alice, [
        {
          id: "full",
          text: "Prefers aisle seats\0",
          type: "procedural",
          namespace: ["a/b", "c%"],
          agentId: "agent",
          sessionId: "chat",
          speaker: "Ann",
          topics: ["a, b", ""],
          entities: ["E"],
          importance: 0.9,
          pinned: true,
          eventDate: new Date("2026-01-02T03:04:05.678Z"),
          validFrom: 1_700_000_000,
          validTo: "2030-01-01",
          expiresAt: "2031-01-01T00:00:00+01:00",
          metadata: JSON.parse('{"__proto__": {"a": [null, 1e21]}, "": true}'),
          createdAt: "2026-01-01T00:00:00.000001Z",
          updatedAt: "2026-01-02",
          lastAccessedAt: "2026-01-03",
          accessCount: 4,
          persistedAt: "2026-01-04",
          extractedFrom: ["m1"],
          extractionStrategy: "summary",
          extractionStrategyConfig: { words: 5 },
          extracted: false,
        },
      ]),
  ],
  ["add a duplicate", (o) => o.add(alice, [{ text: "tea" }, { text: "tea", topics: ["drink"] }])],
  [
    "add with a note",
    (o) => o.add(alice, [{ text: "noted" }], { actor: "me", reason: "why", confidence: 0.5 }),
  ],
  ["add with a key", (o) => o.add(alice, [{ text: "keyed" }], { idempotencyKey: "k1" })],
  ["a key of odd characters", (o) => o.add(alice, [{ text: "odd" }], { idempotencyKey: "é/% 鍵" })],
  ["repeat the key", (o) => o.add(alice, [{ text: "keyed" }], { idempotencyKey: "k1" })],
  ["reuse the key", (o) => o.add(alice, [{ text: "other" }], { idempotencyKey: "k1" })],
  ["do not deduplicate", (o) => o.add(alice, [{ text: "tea" }], { deduplicate: false })],
  ["take another's id", (o) => o.add({ ...UNKNOWN, userId: "bob" }, [{ id: "full", text: "x" }])],
  ["leave the scope", (o) => o.add(alice, [{ text: "x", userId: "bob" }])],
  ["give no text", (o) => o.add(alice, [any({})])],
  ["give nothing", (o) => o.add(alice, [any(null)])],
  ["one bad of two", (o) => o.add(alice, [{ text: "fine" }, { text: "x", importance: 2 }])],
  ["bad tags", (o) => o.add(alice, [{ text: "x", topics: any("tea") }])],
  ["a lone surrogate", (o) => o.add(alice, [{ text: "\ud800" }])],
  ["a broken date", (o) => o.add(alice, [{ text: "x", eventDate: new Date(Number.NaN) }])],
  ["a date in metadata", (o) => o.add(alice, [{ text: "x", metadata: any({ at: new Date(0) }) }])],
  ["NaN in metadata", (o) => o.add(alice, [{ text: "x", metadata: { n: Number.NaN } }])],
  ["undefined in metadata", (o) => o.add(alice, [{ text: "x", metadata: any({ n: undefined }) }])],
  ["a time to come", (o) => o.add(alice, [{ text: "x", createdAt: "2027-01-01" }])],
  ["a bad confidence", (o) => o.add(alice, [{ text: "x" }], { confidence: 2 })],
  ["a key too long", (o) => o.add(alice, [{ text: "x" }], { idempotencyKey: "k".repeat(2000) })],
  ["get", (o) => o.get(alice, ["full", "none", "id-1"])],
  ["get from another scope", (o) => o.get({ ...UNKNOWN, userId: "bob" }, ["full"])],
  ["get an empty id", (o) => o.get(alice, [""])],
  ["get as of then", (o) => o.get(alice, ["full"], { asOf: "2026-05-04T09:29:59Z" })],
  ["get as of nonsense", (o) => o.get(alice, ["full"], { asOf: "then" })],
  [
    "update",
    (o) => o.update(alice, "full", { text: "Prefers window seats", eventDate: null, pinned: false }),
  ],
  ["update a namespace", (o) => o.update(alice, "full", { namespace: ["x", "y/z"], metadata: { a: 1 } })],
  ["update nothing", (o) => o.update(alice, "full", {})],
  ["update an unknown field", (o) => o.update(alice, "full", any({ colour: "red" }))],
  ["update with a bad value", (o) => o.update(alice, "full", { importance: any("much") })],
  ["update what is not there", (o) => o.update(alice, "none", { text: "x" })],
  ["update another version", (o) => o.update(alice, "full", { text: "x" }, { expectedVersion: 9 })],
  [
    "update the right version",
    (o) => o.update(alice, "full", { text: "y" }, { expectedVersion: 3, reason: "r" }),
  ],
  ["history", (o) => o.history(alice, "full")],
  ["history of nothing", (o) => o.history(alice, "none")],
  ["history of an odd id", (o) => o.history(alice, "..")],
  ["list", (o) => o.list(alice)],
  ["list a page", (o) => o.list(alice, { limit: 2, order: "oldest" })],
  [
    "list the next",
    async (o) => {
      const { cursor } = await o.list(alice, { limit: 2, order: "oldest" });
      return o.list(alice, { limit: 2, order: "oldest", ...(cursor !== null && { cursor }) });
    },
  ],
  [
    "list by filter",
    (o) => o.list(alice, { filter: { type: { in: ["semantic"] }, not: { topics: "drink" } } }),
  ],
  ["list by dates", (o) => o.list(alice, { filter: { createdAt: { gte: new Date("2026-05-04") } } })],
  ["list by metadata", (o) => o.list(alice, { filter: { "metadata.a": { exists: true } } })],
  ["list by flags", (o) => o.list(alice, { filter: { extracted: true, pinned: { ne: true } } })],
  ["list what is valid", (o) => o.list(alice, { validAt: "2031-01-01" })],
  ["list as of then", (o) => o.list(alice, { asOf: "2026-05-04T09:30:00Z", validAt: "any" })],
  ["a bad limit", (o) => o.list(alice, { limit: 0 })],
  ["a bad order", (o) => o.list(alice, { order: any("random") })],
  ["a bad cursor", (o) => o.list(alice, { cursor: "junk" })],
  ["an unknown field", (o) => o.list(alice, { filter: any({ colour: "red" }) })],
  ["an unknown operator", (o) => o.list(alice, { filter: { userId: any({ like: "x" }) } })],
  ["an operator without value", (o) => o.list(alice, { filter: { topics: { any: [] } } })],
  ["a filter that is none", (o) => o.list(alice, { filter: any(5) })],
  ["search", (o) => o.search(alice, "tea")],
  ["search by words", (o) => o.search(alice, "tea", { mode: "keyword", explain: true, limit: 1 })],
  ["search by meaning", (o) => o.search(alice, "tea", { mode: "semantic", maxDistance: 0.5, minScore: 0.1 })],
  [
    "search with weights",
    (o) => o.search(alice, "tea", { recency: { semanticWeight: 0.1 }, hybridAlpha: 0.2 }),
  ],
  ["search the past", (o) => o.search(alice, "tea", { asOf: "2026-05-04T09:30:00Z", touch: false })],
  ["search for nothing", (o) => o.search(alice, "")],
  ["search for no text", (o) => o.search(alice, any(5))],
  ["an unknown mode", (o) => o.search(alice, "tea", { mode: any("magic") })],
  ["a distance by words", (o) => o.search(alice, "tea", { mode: "keyword", maxDistance: 1 })],
  ["bad weights", (o) => o.search(alice, "tea", { recency: { noveltyWeight: -1 } })],
  ["a score beyond", (o) => o.search(alice, "tea", { minScore: 1.5 })],
  ["forget, only asked", (o) => o.forget(alice, { maxAgeDays: 1 })],
  [
    "forget",
    (o) => o.forget(alice, { maxAgeDays: 1, types: ["procedural"] }, { dryRun: false, keep: ["full"] }),
  ],
  ["forget nothing", (o) => o.forget(alice, {})],
  ["forget by a bad policy", (o) => o.forget(alice, { maxAgeDays: any("old") })],
  ["forget by a bad budget", (o) => o.forget(alice, { budget: -1 })],
  ["forget bad types", (o) => o.forget(alice, { types: [any("odd")] })],
  [
    "write a session",
    (o) => o.writeSession(key, [{ operation: "append", messages: [message("m1"), message("m2")] }]),
  ],
  [
    "write it again",
    (o) => o.writeSession(key, [{ operation: "append", messages: [message("m1"), message("m3")] }]),
  ],
  [
    "write many things",
    (o) =>
      o.writeSession(key, [
        { operation: "setData", values: JSON.parse('{"__proto__": 1, "camelCase": {"snake_case": 2}}') },
        { operation: "mergeData", values: { camelCase: { more: [1] } } },
        { operation: "increment", key: "n", by: 1.5 },
        { operation: "pushList", list: "someList", values: [1, "x", null] },
        { operation: "insertList", list: "someList", index: -1, value: { userId: 1 } },
        { operation: "popList", list: "someList" },
        { operation: "removeList", list: "someList", value: 1 },
        { operation: "setList", list: "", values: [] },
        { operation: "deleteList", list: "none" },
        { operation: "setContext", context: "so far" },
        { operation: "setTokens", tokens: 7 },
        { operation: "setStrategy", strategy: { strategy: "own", config: { userId: 1 } } },
        { operation: "patchMessages", ids: ["m1", "none"], patch: { extracted: true, persistedAt: null } },
        { operation: "deleteMessages", ids: ["m2"] },
        { operation: "deleteData", keys: ["n", "none"] },
        { operation: "setTimeToLive", seconds: 600, sliding: false },
        { operation: "setTimeToLive", seconds: 60, onlyNew: true },
        { operation: "setData", values: { aList: [1], going: 1 } },
        { operation: "moveToList", key: "aList" },
        { operation: "expireFields", fields: ["aList", "camelCase"], seconds: 60 },
        { operation: "expireFields", fields: ["going"], seconds: 0 },
      ]),
  ],
  [
    "a key for a session",
    (o) => o.writeSession(key, [{ operation: "setTokens", tokens: 1 }], { idempotencyKey: "s" }),
  ],
  [
    "the key again",
    (o) => o.writeSession(key, [{ operation: "setTokens", tokens: 1 }], { idempotencyKey: "s" }),
  ],
  [
    "the key reused",
    (o) => o.writeSession(key, [{ operation: "setTokens", tokens: 2 }], { idempotencyKey: "s" }),
  ],
  [
    "another version",
    (o) => o.writeSession(key, [{ operation: "setTokens", tokens: 1 }], { expectedVersion: 99 }),
  ],
  [
    "no session to write",
    (o) =>
      o.writeSession({ ...key, sessionId: "no" }, [{ operation: "setTokens", tokens: 1 }], { create: false }),
  ],
  ["no operations", (o) => o.writeSession(key, [])],
  ["an unknown operation", (o) => o.writeSession(key, [any({ operation: "explode" })])],
  [
    "a message without content",
    (o) => o.writeSession(key, [{ operation: "append", messages: [message("m9", " ")] }]),
  ],
  [
    "a message to come",
    (o) =>
      o.writeSession(key, [
        { operation: "append", messages: [{ ...message("m9"), createdAt: "2027-01-01" }] },
      ]),
  ],
  ["NaN in data", (o) => o.writeSession(key, [{ operation: "setData", values: { n: Number.NaN } }])],
  ["increment a text", (o) => o.writeSession(key, [{ operation: "increment", key: "camelCase", by: 1 }])],
  ["read it", (o) => o.readSession(key)],
  ["read the newest", (o) => o.readSession(key, { newest: 1 })],
  ["read without messages", (o) => o.readSession(key, { newest: 0 })],
  ["read a negative number", (o) => o.readSession(key, { newest: -1 })],
  ["read what is not there", (o) => o.readSession({ ...key, userId: null })],
  [
    "an odd session id",
    (o) =>
      o.writeSession({ ...key, sessionId: "..", namespace: "a b&c=/%" }, [
        { operation: "setTokens", tokens: 1 },
      ]),
  ],
  ["find it", (o) => o.findSession("default", "..", {})],
  ["find by a part", (o) => o.findSession("default", "chat", { userId: "alice" })],
  ["find nothing", (o) => o.findSession("default", "chat", { userId: "bob" })],
  ["list sessions", (o) => o.listSessions(alice)],
  ["list one session", (o) => o.listSessions(UNKNOWN, { limit: 1, offset: 1 })],
  ["a bad session limit", (o) => o.listSessions(UNKNOWN, { limit: 0 })],
  ["context", (o) => o.context(key, "where does she sit?", { maxTokens: 300 })],
  ["context without recall", (o) => o.context(key, "", { recall: false, newest: 1, model: "gpt-4" })],
  [
    "context with options",
    (o) => o.context(key, "tea", { recall: { limit: 1, mode: "keyword", explain: true } }),
  ],
  ["no room at all", (o) => o.context(key, "tea", { maxTokens: 0 })],
  ["changes", (o) => o.changes(alice)],
  ["a page of changes", (o) => o.changes(UNKNOWN, { after: 2, limit: 2 })],
  ["a bad place", (o) => o.changes(UNKNOWN, { after: -1 })],
  ["delete a version", (o) => o.delete(alice, ["full"], { expectedVersion: 99 })],
  ["delete", (o) => o.delete(alice, ["id-1", "none", "full"], { reason: "done" })],
  ["erase", (o) => o.delete(alice, ["id-2"], { erase: true })],
  ["history of the erased", (o) => o.history(alice, "id-2")],
  ["history of the deleted", (o) => o.history(alice, "full")],
  ["end another version", (o) => o.deleteSession(key, { expectedVersion: 99 })],
  ["end it", (o) => o.deleteSession(key)],
  ["end it again", (o) => o.deleteSession(key)],
  ["another tenant", (o) => o.list({ ...alice, tenant: "Größe/1" })],
];

describe("a remote memory", () => {
  let twins: Twins;
  beforeAll(async () => {
    twins = await openTwins();
  });
  afterAll(async () => {
    await twins.server.close();
    await twins.local.close();
  });

  test.each(CALLS)("answers like an embedded one: %s", async (_, call) => {
    const [local, remote] = [await outcome(twins.local, call), await outcome(twins.remote, call)];
    expect(remote).toEqual(local);
  });
});

const scopes = fc.record({
  tenant: fc.constantFrom("default", "t/2"),
  namespace: fc.option(arbitraryLabel(), { nil: null, freq: 1 }),
  userId: fc.option(fc.constantFrom("a", "b", "é/1"), { nil: null }),
  agentId: fc.constant(null),
  sessionId: fc.constant(null),
});

const keys = fc.record({
  tenant: fc.constantFrom("default", "t/2"),
  namespace: fc.option(arbitraryLabel(), { nil: null }),
  userId: fc.option(fc.constantFrom("a", "b"), { nil: null }),
  sessionId: fc.oneof(arbitraryLabel(), fc.constantFrom(".", "..", "-", "a/b", "%2F")),
});

const calls: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(scopes, arbitraryInputs({ maxLength: 4 })).map(
    ([scope, inputs]): Call =>
      (o) =>
        o.add(scope, inputs),
  ),
  fc.tuple(scopes, arbitraryFilter()).map(
    ([scope, filter]): Call =>
      (o) =>
        o.list(scope, { filter, limit: 5 }),
  ),
  fc.tuple(scopes, arbitraryFilter(), fc.constantFrom("a 10 true", "é", "ab")).map(
    ([scope, filter, text]): Call =>
      (o) =>
        o.search(scope, text, { filter, touch: false }),
  ),
  fc
    .tuple(
      keys,
      fc.array(arbitraryOperation() as fc.Arbitrary<SessionOperation>, { minLength: 1, maxLength: 4 }),
    )
    .map(
      ([session, operations]): Call =>
        (o) =>
          o.writeSession(session, operations),
    ),
  keys.map(
    (session): Call =>
      (o) =>
        o.readSession(session),
  ),
  keys.map(
    (session): Call =>
      (o) =>
        o.findSession(session.tenant, session.sessionId, {}),
  ),
  scopes.map(
    (scope): Call =>
      (o) =>
        o.changes(scope),
  ),
  scopes.map(
    (scope): Call =>
      (o) =>
        o.listSessions(scope),
  ),
);

test("any series of calls has the same answers remote and embedded", async () => {
  const twins = await openTwins();
  await fc.assert(
    fc.asyncProperty(fc.array(calls, { minLength: 1, maxLength: 8 }), async (series) => {
      for (const call of series)
        expect(await outcome(twins.remote, call)).toEqual(await outcome(twins.local, call));
    }),
    // Every series works on what the earlier ones left, so a smaller one would not show the same.
    { numRuns: 60, endOnFailure: true },
  );
  await twins.server.close();
  await twins.local.close();
});
