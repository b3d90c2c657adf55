import fc from "fast-check";
import { expect } from "vitest";
import { compareCodePoints, matches } from "../../core/filter/evaluate.ts";
import { EVERYTHING, type Filter } from "../../core/filter/filter.ts";
import { parseFilter } from "../../core/filter/parse.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { Store } from "../../core/store.ts";
import { compareInstants } from "../../core/time.ts";
import { arbitraryFilter, arbitraryRecords } from "../arbitraries.ts";
import { at, makeRecord, putRecord, START } from "../build.ts";
import { area } from "../suite.ts";
import { idsOf, list, type StoreFixture, write } from "./fixture.ts";

/** The instant from which the generated records are looked at. */
const NOW = START;

const ORDERS = ["newest", "oldest"] as const;

/** The order a list must have: by creation, ties by rising id. */
function inOrder<Item extends Pick<MemoryRecord, "createdAt" | "id">>(
  records: readonly Item[],
  order: "newest" | "oldest",
): Item[] {
  const direction = order === "newest" ? -1 : 1;
  return records.toSorted(
    (left, right) =>
      direction * compareInstants(left.createdAt, right.createdAt) || compareCodePoints(left.id, right.id),
  );
}

async function rowIds(store: Store, tenant: string, rows: Uint32Array): Promise<string[]> {
  const indexed = await store.indexed(tenant, { afterRow: 0, limit: 1000 });
  const ids = new Map(indexed.map(({ row, id }) => [row, id]));
  return [...rows].map((row) => ids.get(row) ?? `unknown row ${row}`);
}

export const listing = area<StoreFixture>("listing", (verifies) => {
  const tied = [
    makeRecord("\u{10000}", { createdAt: at(1) }),
    makeRecord("\ue000", { createdAt: at(1) }),
    makeRecord("b", { createdAt: at(1) }),
    makeRecord("a", { createdAt: at(1) }),
    makeRecord("B", { createdAt: at(1) }),
    makeRecord("later", { createdAt: "2026-05-04T09:30:01.000001Z" }),
    makeRecord("first", { createdAt: "1969-12-31T23:59:59.999999Z" }),
    makeRecord("z", { createdAt: at(0.5) }),
  ];

  verifies("listing.order", "orders by creation, ties by id in code points", async ({ store, tenant }) => {
    await write(
      store,
      tenant,
      tied.map((record) => putRecord(record)),
    );
    const ties = ["B", "a", "b", "\ue000", "\u{10000}"];
    expect(idsOf(await list(store, tenant))).toEqual(["first", "z", ...ties, "later"]);
    expect(idsOf(await list(store, tenant, { order: "newest" }))).toEqual(["later", ...ties, "z", "first"]);
  });

  verifies(
    "listing.pages",
    "pages without gaps or repeats, by place or by offset",
    async ({ store, tenant }) => {
      await write(
        store,
        tenant,
        tied.map((record) => putRecord(record)),
      );
      for (const order of ORDERS) {
        const whole = await list(store, tenant, { order });
        for (let limit = 1; limit <= tied.length + 1; limit++) {
          const walked: MemoryRecord[] = [];
          for (;;) {
            const last = walked.at(-1);
            const after = last && { createdAt: last.createdAt, id: last.id };
            const page = await list(store, tenant, { order, limit, ...(after && { after }) });
            walked.push(...page);
            if (page.length < limit) break;
          }
          expect(walked, `${order} by ${limit}`).toEqual(whole);
          for (let offset = 0; offset <= tied.length; offset++)
            expect(await list(store, tenant, { order, limit, offset })).toEqual(
              whole.slice(offset, offset + limit),
            );
        }
      }
    },
  );

  verifies("listing.pages", "goes on after a record that is gone by then", async ({ store, tenant }) => {
    await write(
      store,
      tenant,
      tied.map((record) => putRecord(record)),
    );
    await store.erase(tenant, ["a"], START);
    const after = { createdAt: at(1), id: "a" };
    expect(idsOf(await list(store, tenant, { after, limit: 2 }))).toEqual(["b", "\ue000"]);
    expect(idsOf(await list(store, tenant, { after, limit: 2, offset: 1 }))).toEqual(["\ue000", "\u{10000}"]);
  });

  verifies("listing.filter", "leaves what the reference evaluator leaves", async (fixture) => {
    const { store, runs } = fixture;
    const property = fc.asyncProperty(
      arbitraryRecords({ minLength: 1, maxLength: 12 }),
      fc.array(arbitraryFilter(), { minLength: 10, maxLength: 20 }),
      async (records, filters) => {
        const tenant = fixture.freshTenant();
        await write(
          store,
          tenant,
          records.map((record) => putRecord(record)),
          NOW,
        );
        const stored = records.map((record) => ({ ...record, version: 1 }));
        for (const filter of filters) await expectSame(store, tenant, stored, filter);
      },
    );
    await fc.assert(property, { numRuns: runs });
  });

  verifies("listing.count", "counts all pages together", async ({ store, tenant }) => {
    await write(
      store,
      tenant,
      tied.map((record) => putRecord(record)),
    );
    expect(await store.count(tenant, { filter: EVERYTHING, now: START })).toBe(tied.length);
    const filter = parseFilter({ createdAt: { gt: at(0.5) } });
    expect(await store.count(tenant, { filter, now: START })).toBe(6);
    expect(await store.count(tenant, { filter: parseFilter({ userId: "" }), now: START })).toBe(0);
    expect(await store.count(tenant, { filter: parseFilter({ userId: null }), now: START })).toBe(
      tied.length,
    );
    expect(await list(store, tenant, { filter, limit: 4 })).toHaveLength(4);
    expect(await list(store, tenant, { filter, limit: 4, offset: 4 })).toHaveLength(2);
  });

  verifies(
    "listing.filter-limits",
    "takes the deepest and longest filter there may be",
    async ({ store, tenant }) => {
      await write(
        store,
        tenant,
        tied.map((record) => putRecord(record)),
      );
      const values = Array.from({ length: 1000 }, (_, index) => `value ${index}`);
      const long = parseFilter({ id: { any: [...values.slice(1), "a"] }, topics: { none: values } });
      expect(idsOf(await list(store, tenant, { filter: long }))).toEqual(["a"]);
      let deep: Filter = { id: "b" };
      for (let level = 0; level < 32; level++)
        deep = level % 2 === 0 ? { or: [deep, { id: "z" }] } : { and: [deep] };
      expect(idsOf(await list(store, tenant, { filter: parseFilter(deep) }))).toEqual(["z", "b"]);
    },
  );
});

async function expectSame(
  store: Store,
  tenant: string,
  stored: readonly MemoryRecord[],
  filter: Filter,
): Promise<void> {
  const node = parseFilter(filter);
  const expected = idsOf(
    inOrder(
      stored.filter((record) => matches(record, node)),
      "newest",
    ),
  );
  const about = JSON.stringify(filter);
  expect(idsOf(await list(store, tenant, { filter: node, now: NOW, order: "newest" })), about).toEqual(
    expected,
  );
  expect(
    idsOf(await list(store, tenant, { filter: node, now: NOW, asOf: NOW, order: "newest" })),
    about,
  ).toEqual(expected);
  expect(await store.count(tenant, { filter: node, now: NOW }), about).toBe(expected.length);
  const rows = await rowIds(store, tenant, await store.rows(tenant, node, NOW));
  expect(rows.toSorted(), about).toEqual(expected.toSorted());
}
