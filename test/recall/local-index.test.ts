import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packFeatures } from "../../src/core/features.ts";
import { EVERYTHING, type Filter } from "../../src/core/filter/filter.ts";
import { parseFilter } from "../../src/core/filter/parse.ts";
import type { Candidates, IndexEntry, RecallIndex, RecallView } from "../../src/core/recall-index.ts";
import { UNRESTRICTED } from "../../src/core/scope.ts";
import type { RecordStore } from "../../src/core/store.ts";
import { normalize } from "../../src/core/vector.ts";
import { traitsOf } from "../../src/recall/traits.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { at, deleteRecord, makeRecord, type NewRecord, putRecord, START } from "../../src/testing/build.ts";
import { createLocalIndex } from "../../src/vectors/local/local-index.ts";
import { expectedCandidates, type Known } from "./reference.ts";

const EMBEDDER = { id: "test-3", dimensions: 3 };
const TENANT = "acme";

const term = fc.constantFrom("cat", "dog", "sun", "sea", "tea");
const terms = fc.array(term, { maxLength: 6 });
const vector = fc
  .tuple(...[0, 1, 2].map(() => fc.integer({ min: -3, max: 3 })))
  .map((elements) => normalize(Float32Array.from(elements)));
const record = fc.record({
  userId: fc.constantFrom("ann", "bob", null),
  namespace: fc.constantFrom("home", null),
  sessionId: fc.constantFrom("one", "two", null),
  createdAt: fc.integer({ min: 0, max: 3 }).map(at),
  importance: fc.constantFrom(0.1, 0.5, 0.9),
});
const write = fc.oneof(
  { weight: 6, arbitrary: fc.record({ id: fc.nat({ max: 11 }), record, terms, vector: fc.option(vector) }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat({ max: 11 }) }) },
);
const filter = fc.constantFrom<Filter[]>(
  {},
  { userId: "ann" },
  { namespace: "home" },
  { importance: { gte: 0.5 } },
  { not: { sessionId: "one" } },
);

type Write =
  | { remove: number }
  | { id: number; record: Partial<NewRecord>; terms: string[]; vector: Float32Array | null };

/** A store and what the reference should know of it. */
class Stored {
  readonly store: RecordStore;
  readonly known = new Map<string, Known>();
  readonly #versions = new Map<string, number>();

  constructor(store: RecordStore = createMemoryStore()) {
    this.store = store;
  }

  async apply(change: Write): Promise<void> {
    const id = `r${"remove" in change ? change.remove : change.id}`;
    const expectedVersion = this.known.has(id) ? (this.#versions.get(id) ?? 0) : 0;
    if ("remove" in change) {
      if (!this.known.delete(id)) return;
      await this.#write(id, deleteRecord(id, expectedVersion));
      return;
    }
    const made = makeRecord(id, change.record);
    const entry = entryOf(made, change.terms, change.vector);
    await this.#write(id, putRecord(made, { expectedVersion, entry }));
    this.known.set(id, { record: made, terms: change.terms, vector: change.vector });
  }

  async #write(id: string, write: ReturnType<typeof putRecord> | ReturnType<typeof deleteRecord>) {
    const { versions } = await this.store.write(TENANT, { writes: [write], now: START });
    this.#versions.set(id, versions[0] ?? 0);
  }
}

const ANALYZER = "test";

/** What the analyser of these tests would make of a record that consists of the terms. */
function featuresOf(record: NewRecord, terms: readonly string[]): Uint8Array {
  return packFeatures({ terms, traits: traitsOf(record), group: record });
}

function entryOf(record: NewRecord, terms: readonly string[], vector: Float32Array | null): IndexEntry {
  return { embedder: EMBEDDER.id, vector, analyzer: ANALYZER, features: featuresOf(record, terms) };
}

function indexOf(store: RecordStore): RecallIndex {
  const indexer = { analyzer: ANALYZER, features: (one: NewRecord) => featuresOf(one, one.text.split(" ")) };
  return createLocalIndex({ store, embedder: EMBEDDER, indexer });
}

function view(index: RecallIndex, wanted: Filter = {}, userId: string | null = null): Promise<RecallView> {
  const scope = { ...UNRESTRICTED, tenant: TENANT, userId };
  return index.view({ scope, filter: parseFilter(wanted), now: START });
}

function all(found: RecallView, query: { vector: Float32Array; terms: readonly string[] }, context = true) {
  return found.candidates({ vectors: [query.vector], terms: query.terms, parts: [], context, all: false });
}

function columns({ rows, cosines, words }: Candidates) {
  return rows
    .map(({ id }, index) => ({ id, cosine: cosines[0]?.[index] ?? 0, words: words[index] ?? 0 }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

describe("the local index", () => {
  test("gives what the definitions give, whatever was written before and whatever the filter", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(write, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
        filter,
        fc.record({ terms, vector }),
        fc.boolean(),
        async (rounds, wanted, query, context) => {
          const stored = new Stored();
          const index = indexOf(stored.store);
          for (const round of rounds) {
            for (const change of round as Write[]) await stored.apply(change);
            const userId = wanted["userId"] === "ann" ? "ann" : null;
            const found = await view(index, wanted, userId);
            const expected = expectedCandidates([...stored.known.values()], parseFilter(wanted), {
              ...query,
              context,
            });
            const given = columns(await all(found, query, context));
            expect(found.size).toBe(expected.length);
            expect(given.map(({ id }) => id)).toEqual(expected.map(({ id }) => id).sort());
            for (const { id, cosine, words } of expected) {
              const one = given.find((candidate) => candidate.id === id);
              expect(one?.cosine).toBeCloseTo(cosine, 4);
              expect(one?.words).toBeCloseTo(words, 6);
            }
            const having = [...stored.known.values()].filter(
              (item) =>
                expected.some(({ id }) => id === item.record.id) &&
                query.terms.some((wanted) => item.terms.includes(wanted)),
            );
            expect(found.countWith(query.terms)).toBe(having.length);
          }
        },
      ),
    );
  });

  test("gives the same for few among many, however often they are asked about", async () => {
    const others = Array.from({ length: 150 }, (_, at) => ({
      id: 100 + at,
      record: { userId: "zoe", sessionId: "one" },
      terms: ["cat", "dog", `t${at % 7}`],
      vector: null,
    }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { maxLength: 14 }),
        fc.record({ terms, vector }),
        async (round, query) => {
          const stored = new Stored();
          const index = indexOf(stored.store);
          // Others' records stand before, between and behind.
          const changes = [...others.slice(0, 50), ...(round as Write[]), ...others.slice(50)];
          for (const change of changes) await stored.apply(change);
          await view(index);
          const expected = expectedCandidates([...stored.known.values()], parseFilter({ userId: "ann" }), {
            ...query,
            context: true,
          });
          for (const _ of [1, 2, 3]) {
            const given = columns(await all(await view(index, { userId: "ann" }, "ann"), query));
            expect(given.map(({ id }) => id)).toEqual(expected.map(({ id }) => id).sort());
            for (const { id, words } of expected)
              expect(given.find((candidate) => candidate.id === id)?.words).toBeCloseTo(words, 6);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("of one tenant knows nothing of another's words", async () => {
    const store = createMemoryStore();
    const index = indexOf(store);
    const putCat = (id: string) => {
      const made = makeRecord(id);
      return putRecord(made, { entry: entryOf(made, ["cat"], null) });
    };
    await store.write(TENANT, { writes: [putCat("mine")], now: START });
    const query = { vector: Float32Array.of(1, 0, 0), terms: ["cat"] };
    const alone = columns(await all(await view(index), query));
    const theirs = [1, 2, 3].map((n) => putCat(`theirs${n}`));
    await store.write("other", { writes: theirs, now: START });
    expect(columns(await all(await view(index), query))).toEqual(alone);
  });

  test("finds at once what another handle on the same data wrote, and no more what it deleted", async () => {
    const backing = createBacking();
    const index = indexOf(createMemoryStore(backing));
    const elsewhere = new Stored(createMemoryStore(backing));
    expect((await view(index, {}, "ann")).size).toBe(0);
    await elsewhere.apply({ id: 1, record: { userId: "ann" }, terms: ["cat"], vector: null });
    expect((await view(index, {}, "ann")).countWith(["cat"])).toBe(1);
    await elsewhere.apply({ id: 1, record: { userId: "ann" }, terms: ["dog"], vector: null });
    expect((await view(index, {}, "ann")).countWith(["cat"])).toBe(0);
    await elsewhere.apply({ remove: 1 });
    expect((await view(index, {}, "ann")).size).toBe(0);
  });

  test("follows a record from one user to another", async () => {
    const stored = new Stored();
    const index = indexOf(stored.store);
    await stored.apply({ id: 1, record: { userId: "ann" }, terms: ["cat"], vector: null });
    expect((await view(index, { userId: "ann" }, "ann")).size).toBe(1);
    expect((await view(index, { userId: "bob" }, "bob")).size).toBe(0);
    await stored.apply({ id: 1, record: { userId: "bob" }, terms: ["cat"], vector: null });
    expect((await view(index, { userId: "ann" }, "ann")).size).toBe(0);
    expect((await view(index, { userId: "bob" }, "bob")).countWith(["cat"])).toBe(1);
  });

  test("takes up vectors that came later, of which no change tells", async () => {
    const stored = new Stored();
    const index = indexOf(stored.store);
    const ids = Array.from({ length: 450 }, (_, id) => id);
    for (const id of ids) await stored.apply({ id, record: {}, terms: ["cat"], vector: null });
    const query = { vector: Float32Array.of(1, 0, 0), terms: ["cat"] };
    const found = async () => columns(await all(await view(index), query)).map(({ cosine }) => cosine);
    expect(new Set(await found())).toEqual(new Set([0]));
    const entries = ids.map((number) => {
      const id = `r${number}`;
      return { id, version: 1, entry: entryOf(makeRecord(id), ["cat"], query.vector) };
    });
    await stored.store.reindex(TENANT, entries);
    expect(new Set(await found())).toEqual(new Set([1]));
  });

  test("leaves out vectors of another embedder, whose cosines would mean nothing", async () => {
    const store = createMemoryStore();
    const vector = Float32Array.of(1, 0, 0);
    const made = makeRecord("one");
    const entry = { ...entryOf(made, ["cat"], vector), embedder: "other-3" };
    await store.write(TENANT, { writes: [putRecord(made, { entry })], now: START });
    const found = await view(indexOf(store));
    expect(columns(await all(found, { vector, terms: [] }))).toEqual([{ id: "one", cosine: 0, words: 0 }]);
  });

  test("analyses by itself what another analyser made, as long as the store has nothing newer", async () => {
    const store = createMemoryStore();
    const vector = Float32Array.of(1, 0, 0);
    const put = (id: string, text: string, part: Partial<IndexEntry>) => {
      const made = makeRecord(id, { text, userId: "ann" });
      return putRecord(made, { entry: { ...entryOf(made, text.split(" "), vector), ...part } });
    };
    const older = { analyzer: "older", features: new Uint8Array(0) };
    const writes = [put("old", "cat sea", older), put("new", "cat sun", {})];
    await store.write(TENANT, { writes, now: START });
    for (const index of [indexOf(store), indexOf(store)]) {
      const found = await view(index, { userId: "ann" }, "ann");
      expect([found.countWith(["sea"]), found.countWith(["sun"]), found.countWith(["cat"])]).toEqual([
        1, 1, 2,
      ]);
      const cosines = columns(await all(found, { vector, terms: [] })).map(({ cosine }) => cosine);
      expect(cosines).toEqual([1, 1]);
      // Followed as well as loaded.
      const later = put("later", "cat tea", older);
      await store.write(TENANT, { writes: [later], now: START });
      expect((await view(index, { userId: "ann" }, "ann")).countWith(["tea"])).toBe(1);
      const last = (await store.read(TENANT, ["later"], { now: START }))[0]?.version ?? 0;
      await store.write(TENANT, { writes: [deleteRecord("later", last)], now: START });
    }
  });

  test("gives the same after a long life of changes", async () => {
    const stored = new Stored();
    const index = indexOf(stored.store);
    for (let change = 0; change < 1500; change++) {
      await stored.apply({ id: change % 3, record: {}, terms: ["cat", `t${change}`], vector: null });
      if (change % 100 === 0) await view(index);
    }
    const found = await view(index);
    expect(found.size).toBe(3);
    expect(found.countWith(["cat"])).toBe(3);
    expect(found.countWith(["t0"])).toBe(0);
    expect(found.countWith(["t1499"])).toBe(1);
  });

  test("is asked by many at once while others write", async () => {
    const stored = new Stored();
    const index = indexOf(stored.store);
    const asked = Array.from({ length: 20 }, async (_, id) => {
      await stored.apply({ id, record: {}, terms: ["cat"], vector: null });
      const found = await view(index);
      expect(found.countWith(["cat"])).toBeGreaterThan(0);
      return found.size;
    });
    expect(Math.max(...(await Promise.all(asked)))).toBe(20);
    expect((await view(index)).size).toBe(20);
  });

  test("serves more users than it keeps in memory", async () => {
    const stored = new Stored();
    const index = indexOf(stored.store);
    const users = Array.from({ length: 300 }, (_, id) => `user${id}`);
    for (const [id, userId] of users.entries())
      await stored.apply({ id, record: { userId }, terms: ["cat", userId], vector: null });
    for (const userId of [...users, ...users.slice(0, 3)]) {
      const found = await view(index, { userId }, userId);
      expect([found.size, found.countWith([userId]), found.countWith(["cat"])]).toEqual([1, 1, 1]);
    }
  });

  test("stops when asked to", async () => {
    const stored = new Stored();
    await stored.apply({ id: 1, record: {}, terms: ["cat"], vector: null });
    const request = { scope: { ...UNRESTRICTED, tenant: TENANT }, filter: EVERYTHING, now: START };
    const stopped = indexOf(stored.store).view({ ...request, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toThrow("aborted");
  });
});

test("scores the parts of a query, and what the words of a row lead to, like queries of their own", async () => {
  const stored = new Stored();
  const texts = ["red boat", "red kite", "boat house", "green house", "kite"];
  for (const [number, text] of texts.entries()) {
    await stored.apply({ id: number, record: {}, terms: text.split(" "), vector: null });
  }
  const found = await view(indexOf(stored.store));
  const ask = (terms: readonly string[], parts: readonly (readonly string[])[]) =>
    found.candidates({ vectors: [], terms, parts, context: false, all: true });
  const both = await ask(["red", "house"], [["red"], ["house"]]);
  expect(both.partWords).toEqual([(await ask(["red"], [])).words, (await ask(["house"], [])).words]);
  const boat = both.rows.findIndex(({ id }) => id === "r0");
  const expected = (await ask(["boat"], [])).words;
  expected[boat] = 0;
  expect(await both.related(boat)).toEqual(expected);
});
