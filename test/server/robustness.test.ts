import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROUTES, type RouteName } from "../../src/contract/routes.ts";
import { type Served, serveMemory } from "./served.ts";

/** A request that each route accepts: what the mutations start from. */
const VALID: Partial<Record<RouteName, { query?: Record<string, string>; body?: unknown }>> = {
  listSessions: { query: { limit: "10", offset: "0", namespace: "n" } },
  getSession: { query: { model_name: "gpt-4o", context_window_max: "100", recent_messages_limit: "2" } },
  putSession: {
    body: {
      messages: [{ id: "m", role: "user", content: "hello", created_at: "2026-05-04T09:00:00Z" }],
      memories: [{ id: "r", text: "likes tea", topics: ["tea"], metadata: { a: [1, null] } }],
      data: { step: 1 },
      context: "summary",
      user_id: "u",
      ttl_seconds: 60,
      long_term_memory_strategy: { strategy: "custom", config: { a: 1 } },
      lists: { queue: [1] },
    },
  },
  createMemories: {
    body: {
      memories: [
        {
          id: "a",
          text: "one",
          user_id: "u",
          topics: ["t"],
          event_date: "2026-01-01",
          importance: 0.3,
          metadata: { deep: { er: [1] } },
        },
        { id: "b", text: "two", memory_type: "episodic", created_at: 1_700_000_000 },
      ],
      deduplicate: true,
    },
  },
  searchMemories: {
    body: {
      text: "one",
      search_mode: "hybrid",
      hybrid_alpha: 0.5,
      user_id: { eq: "u" },
      topics: { any: ["t"] },
      created_at: { between: ["2020-01-01", "2030-01-01"] },
      memory_type: { not_in: ["message"] },
      filter: { or: [{ importance: { gt: 0.1 } }, { "metadata.a": { exists: true } }] },
      limit: 5,
      recency_half_life_created_days: 3,
    },
  },
  deleteMemories: { query: { memory_ids: "zzz" } },
  forgetMemories: {
    query: { dry_run: "true", limit: "5" },
    body: { policy: { max_age_days: 1, budget: 2, memory_type_allowlist: ["semantic"] }, pinned_ids: ["a"] },
  },
  compactMemories: { query: { user_id: "u" } },
  editMemory: { body: { text: "new", topics: ["x"], event_date: "2026-01-01", pinned: true } },
  memoryPrompt: {
    body: {
      query: "tea",
      session: { session_id: "s", context_window_max: "100" },
      long_term_search: { limit: 2, search_mode: "keyword" },
    },
  },
  createView: {
    body: {
      name: "v",
      source: "long_term",
      group_by: ["user_id"],
      filters: { topics: ["t"], event_date: { gt: "2020-01-01" } },
      time_window_days: 30,
      continuous: false,
    },
  },
  runPartition: { body: { group: { user_id: "u" } } },
  listPartitions: { query: { user_id: "u" } },
  runView: { body: { task_id: "t" } },
  addRecords: { body: { scope: { user_id: "u" }, memories: [{ text: "native", valid_from: "2026-01-01" }] } },
  getRecords: { body: { scope: {}, ids: ["a"], as_of: "2026-05-04T09:00:00Z" } },
  listRecords: {
    body: { scope: {}, filter: { user_id: "u" }, order: "oldest", limit: 2, cursor: "abc", valid_at: "any" },
  },
  recallRecords: {
    body: {
      scope: {},
      text: "one",
      mode: "semantic",
      max_distance: 1,
      recency: { semantic_weight: 1 },
      explain: true,
    },
  },
  updateRecord: {
    body: { scope: {}, id: "a", patch: { valid_to: null, metadata: {} }, expected_version: 1 },
  },
  deleteRecords: { body: { scope: { session_id: "none" }, ids: ["a"], erase: true, reason: "why" } },
  recordHistory: { query: { user_id: "u" } },
  changes: { query: { after: "1", limit: "2" } },
  findSessions: { query: { limit: "3" } },
  readSession: { query: { newest: "3", user_id: "u" } },
  writeSession: {
    body: {
      user_id: "u",
      expected_version: 1,
      operations: [
        { operation: "append", messages: [{ role: "user", content: "x" }] },
        { operation: "replace", content: { messages: [], data: { a: 1 }, lists: { l: [1] } } },
        { operation: "patch_messages", ids: ["m"], patch: { discrete_memory_extracted: "t" } },
        { operation: "merge_data", values: { a: { b: 1 } } },
        { operation: "increment", key: "n", by: 2 },
        { operation: "insert_list", list: "l", index: 0, value: 1 },
        { operation: "pop_list", list: "l", index: -1 },
        { operation: "set_strategy", strategy: { strategy: "custom", config: {} } },
        { operation: "set_records", memories: [] },
        { operation: "set_time_to_live", seconds: 10, sliding: true },
      ],
    },
  },
  appendMessages: { body: { messages: [{ role: "user", content: "x", id: "m2" }], user_id: "u" } },
  changeData: { body: { set: { a: 1 }, merge: { b: { c: 1 } }, delete: ["d"], increment: { n: 1 } } },
  putList: { body: { values: [1, 2] } },
  pushList: { body: { values: [1, { a: null }] } },
  popList: { body: { index: 0 } },
  insertList: { body: { index: 0, value: "x" } },
  removeList: { body: { value: "x" } },
  sessionContext: { body: { query: "tea", max_tokens: 100, recall: { limit: 3, mode: "keyword" } } },
};

/** Stands for nesting that no JSON writer in JavaScript survives. */
const DEEP = "far too deep";
const toBody = (value: unknown) =>
  JSON.stringify(value)?.replaceAll(JSON.stringify(DEEP), "[".repeat(50_000) + "]".repeat(50_000));

const nested = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth));

const ODD: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      1e308,
      -1e21,
      2 ** 53,
      "",
      " ",
      "\u0000",
      "\ud800",
      "😀",
      "a,b",
      "%_\\",
      "x".repeat(5000),
      "0001-01-01",
      "9999-12-31T23:59:59.999999Z",
      "9999-12-31T23:59:59-23:59",
      "2026-02-30",
      "NaN",
      "Infinity",
      "-0",
      [],
      {},
      [null],
      [[]],
      { eq: null },
      { __proto__: null, constructor: 1 },
      { between: [1] },
      { not: { not: {} } },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(50, 120, 200).map(nested) },
  { weight: 1, arbitrary: fc.constant(DEEP) },
  fc.constantFrom(
    ...["__proto__", "constructor", "toString"].map((key) => JSON.parse(`{"${key}": {"x": 1}}`)),
  ),
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 2, arbitrary: fc.double().map((value) => (Number.isFinite(value) ? value : 0)) },
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);

/** Every place inside a JSON value. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, part]) => places(part, [...path, key]))];
}

function replaceAt(value: unknown, [step, ...rest]: (string | number)[], odd: unknown): unknown {
  if (step === undefined) return odd;
  const copy: Record<string | number, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) };
  copy[step] = replaceAt(copy[step], rest, odd);
  return copy;
}

/** A valid body with a few places changed. */
function mutated(body: unknown): fc.Arbitrary<unknown> {
  const all = places(body);
  return fc.array(fc.tuple(fc.constantFrom(...all), ODD), { minLength: 0, maxLength: 2 }).map((changes) =>
    changes.reduce((current, [path, odd]) => {
      try {
        return replaceAt(current, path, odd);
      } catch {
        return current;
      }
    }, body),
  );
}

const SEGMENT = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("s", "a") },
  fc.constantFrom(
    "a",
    "s",
    "..%2f",
    "%2e%2e",
    "%00",
    "%ff",
    "%",
    "%2",
    "a%2Fb",
    "x".repeat(3000),
    "-",
    "é",
    "%F0%9F%98%80",
  ),
  fc.string({ maxLength: 10 }).map(encodeSafely),
);

function encodeSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed()) || "x";
}

const BYTES = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom("{", "[1,", '{"a":1e999}', "nul", '"\\ud800"', "\ufeff{}", "NaN")
    .map((text) => new TextEncoder().encode(text)),
);

interface Shot {
  readonly name: RouteName;
  readonly method: string;
  readonly path: string;
  readonly body: BodyInit | undefined;
  readonly headers: Record<string, string>;
}

const HEADERS = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Record<string, string>>({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>>(
      { "idempotency-key": "k" },
      { "idempotency-key": "x".repeat(3000) },
      { "if-match": '"1"' },
      { "if-match": "junk" },
      { "if-none-match": "*" },
      { "memoir-tenant": "%ff" },
      { "memoir-tenant": "t%2F1" },
      { "last-event-id": "x", accept: "text/event-stream" },
      { "content-type": "application/xml" },
    ),
  },
);

function shot(name: RouteName): fc.Arbitrary<Shot> {
  const [method, template] = ROUTES[name];
  const valid = VALID[name] ?? {};
  const body = fc.oneof(
    {
      weight: 8,
      arbitrary: valid.body === undefined ? fc.constant(undefined) : mutated(valid.body).map(toBody),
    },
    { weight: 1, arbitrary: BYTES.map((bytes) => new Uint8Array(bytes)) },
  );
  const query = fc.array(
    fc.tuple(
      fc.constantFrom(...Object.keys(valid.query ?? { junk: "" })),
      fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom("", "0", "-1", "1e9", "99999999999999999999", "\u0000", "yes"),
      ),
    ),
    { maxLength: 2 },
  );
  const wrong = fc.constantFrom("GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "HEAD");
  return fc.record({
    name: fc.constant(name),
    method: fc.oneof({ weight: 12, arbitrary: fc.constant<string>(method) }, { weight: 1, arbitrary: wrong }),
    path: fc.tuple(fc.array(SEGMENT, { minLength: 2, maxLength: 2 }), query).map(([segments, pairs]) => {
      const left = [...segments];
      const path = template.replace(/\{\w+\}/g, () => left.shift() ?? "x");
      const search = new URLSearchParams({ ...valid.query, ...Object.fromEntries(pairs) });
      return `${path}?${search}`;
    }),
    body: body as fc.Arbitrary<BodyInit | undefined>,
    headers: HEADERS,
  });
}

describe("no request breaks the server", () => {
  let served: Served;

  beforeAll(async () => {
    served = await serveMemory("memory:", {
      stream: { poll: 1, heartbeat: 2 },
      settings: { indexAllMessages: true },
    });
    await served.api.put("/v1/working-memory/s", VALID.putSession?.body);
  });

  afterAll(async () => {
    await served.close();
  });

  async function fire({ method, path, body, headers }: Shot): Promise<Response> {
    const bodiless = method === "GET" || method === "HEAD";
    const response = await fetch(served.url + path, {
      method,
      redirect: "manual",
      headers,
      ...(!bodiless && body !== undefined && { body }),
    });
    if (response.headers.get("content-type") !== "text/event-stream") return response;
    await response.body?.cancel();
    return new Response("a stream");
  }

  const tenants = ["default", "t/1"];
  const sequence = async () => {
    const unrestricted = { namespace: null, userId: null, agentId: null, sessionId: null };
    const pages = await Promise.all(
      tenants.map((tenant) => served.memory.operations.changes({ tenant, ...unrestricted }, { after: 1e9 })),
    );
    return pages.map((page) => page.sequence);
  };

  test.each(Object.keys(ROUTES) as RouteName[])("%s answers its own sample", async (name) => {
    const [method, template] = ROUTES[name];
    const { query, body } = VALID[name] ?? {};
    const path = template.replace(/\{\w+\}/g, "s");
    const response = await fire({
      name,
      method,
      path: `${path}?${new URLSearchParams(query)}`,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: {},
    });
    // 404 and 409 answer what is not there and versions that differ; 422 a cursor that nobody gave out.
    expect([200, 404, 409, 422]).toContain(response.status);
  });

  test.each(Object.keys(ROUTES) as RouteName[])(
    "%s survives odd requests and stores nothing it refused",
    async (name) => {
      await fc.assert(
        fc.asyncProperty(shot(name), async (request) => {
          const { log } = served;
          log.length = 0;
          const before = await sequence();
          const response = await fire(request);
          const text = await response.text();
          expect(response.status, `${text} ${JSON.stringify(log)}`).toBeLessThan(500);
          expect(log.filter((line) => line.level === "error")).toEqual([]);
          if (response.status < 400) return;
          expect(await sequence()).toEqual(before);
          if (request.method === "HEAD") return;
          const { detail } = JSON.parse(text);
          if (response.status === 422) expect(Array.isArray(detail) && detail.length > 0).toBe(true);
          else expect(typeof detail).toBe("string");
        }),
        { numRuns: 60 },
      );
    },
  );
});
