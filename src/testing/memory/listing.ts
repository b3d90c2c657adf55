import fc from "fast-check";
import { expect } from "vitest";
import { matches } from "../../core/filter/evaluate.ts";
import type { Filter } from "../../core/filter/filter.ts";
import { parseFilter } from "../../core/filter/parse.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { Memory } from "../../memory.ts";
import { arbitraryFilter, arbitraryInputs } from "../arbitraries.ts";
import { area } from "../suite.ts";
import { codeOf, fieldsOf, type MemoryFixture } from "./fixture.ts";

const idsOf = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id);

/** Seven records, two and three of which were made at the same instant. */
async function addSeven(memory: Memory): Promise<string[]> {
  const minutes = [3, 1, 2, 2, 1, 1, 0];
  await memory.add(
    minutes.map((minute, index) => ({
      id: `r${index}`,
      text: `number ${index}`,
      createdAt: `2026-05-04T08:0${minute}:00Z`,
    })),
  );
  return ["r0", "r2", "r3", "r1", "r4", "r5", "r6"];
}

export const listing = area<MemoryFixture>("listing", (verifies) => {
  verifies("memory.list", "lists by creation, ties by id, with a total", async ({ memory }) => {
    const newest = await addSeven(memory);
    const page = await memory.list();
    expect(idsOf(page.records)).toEqual(newest);
    expect([page.total, page.cursor]).toEqual([7, null]);
    const oldest = await memory.list({ order: "oldest", limit: 4 });
    expect(idsOf(oldest.records)).toEqual(["r6", "r1", "r4", "r5"]);
    expect(oldest.total).toBe(7);
    expect(page.records[0]).toEqual(await memory.get("r0"));
  });

  verifies("memory.list-pages", "pages by cursor, by offset and by iterating", async ({ memory }) => {
    const newest = await addSeven(memory);
    for (const limit of [1, 2, 3, 7, 8]) {
      const walked: string[] = [];
      const sizes: number[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<Memory["list"]>> = await memory.list({
          limit,
          ...(cursor !== null && { cursor }),
        });
        walked.push(...idsOf(page.records));
        sizes.push(page.records.length);
        cursor = page.cursor;
      } while (cursor !== null);
      expect(walked).toEqual(newest);
      expect(sizes.slice(0, -1).every((size) => size === limit)).toBe(true);
      const iterated: string[] = [];
      for await (const { id } of memory.list({ limit })) iterated.push(id);
      expect(iterated).toEqual(newest);
      const { records, total } = await memory.list({ limit, offset: 2 });
      expect([idsOf(records), total]).toEqual([newest.slice(2, 2 + limit), 7]);
    }
    expect((await memory.list({ offset: 7 })).records).toEqual([]);
  });

  verifies("memory.list-cursor", "keeps its place while others write", async ({ memory }) => {
    await addSeven(memory);
    const first = await memory.list({ limit: 3 });
    await memory.add({ id: "newer", text: "newer" });
    await memory.delete("r3");
    const second = await memory.list({ limit: 3, cursor: first.cursor ?? "" });
    expect(idsOf(second.records)).toEqual(["r1", "r4", "r5"]);
  });

  verifies("memory.list-refused", "refuses wrong options by name", async ({ memory }) => {
    const wrong: [object, string][] = [
      [{ limit: 0 }, "limit"],
      [{ limit: 1001 }, "limit"],
      [{ limit: 1.5 }, "limit"],
      [{ offset: -1 }, "offset"],
      [{ order: "random" }, "order"],
      [{ cursor: "not a cursor" }, "cursor"],
      [{ asOf: "yesterday" }, "asOf"],
      [{ validAt: "tomorrow" }, "validAt"],
    ];
    for (const [options, field] of wrong)
      expect(await fieldsOf(Promise.resolve(memory.list(options))), field).toEqual([field]);
  });
});

export const filters = area<MemoryFixture>("filters", (verifies) => {
  verifies("memory.filters", "lists and recalls exactly what the filter means", async (fixture) => {
    const { memory, runs } = fixture;
    let round = 0;
    const property = fc.asyncProperty(
      arbitraryInputs({ minLength: 1, maxLength: 10 }),
      fc.array(arbitraryFilter(), { minLength: 5, maxLength: 8 }),
      async (inputs, filters) => {
        const agent = memory.scope({ agentId: `round ${++round}` });
        const added = await agent.add(
          inputs.map(({ agentId: _, ...input }, index) => ({ ...input, id: `${round}.${index}` })),
          { deduplicate: false },
        );
        const records = added.map(({ record }) => record);
        for (const filter of filters) await expectSame(agent, records, filter);
      },
    );
    await fc.assert(property, { numRuns: runs });
  });

  verifies("memory.filter-operators", "knows every operator", async ({ memory }) => {
    await memory.add([
      {
        id: "a",
        text: "one",
        topics: ["x", "y"],
        importance: 0.25,
        metadata: { n: 1, s: "abc", deep: { t: true } },
      },
      { id: "b", text: "two", topics: ["y"], importance: 0.75, metadata: { n: 2 }, eventDate: "2026-05-01" },
      { id: "c", text: "three", userId: "alice" },
    ]);
    const cases: [Filter, string][] = [
      [{ topics: "y" }, "ab"],
      [{ topics: { all: ["x", "y"] } }, "a"],
      [{ topics: { any: ["x", "z"] } }, "a"],
      [{ topics: { none: ["x"] } }, "bc"],
      [{ userId: null }, "ab"],
      [{ userId: { exists: true } }, "c"],
      [{ importance: { gt: 0.25, lt: 0.75 } }, "c"],
      [{ importance: { between: [0.25, 0.5] } }, "ac"],
      [{ "metadata.n": { gte: 2 } }, "b"],
      [{ "metadata.s": { startsWith: "ab" } }, "a"],
      [{ "metadata.deep.t": true }, "a"],
      [{ eventDate: { lte: new Date("2026-05-01") } }, "b"],
      [{ id: { in: ["a", "c"] }, not: { text: "one" } }, "c"],
      [{ or: [{ text: "one" }, { text: { ne: "two" } }] }, "ac"],
      [{ and: [] }, "abc"],
      [{ or: [] }, ""],
    ];
    for (const [filter, expected] of cases) {
      const { records } = await memory.list({ filter, order: "oldest" });
      expect(idsOf(records).sort().join(""), JSON.stringify(filter)).toBe(expected);
    }
  });

  verifies(
    "memory.filter-refused",
    "refuses unknown fields, operators and values by name",
    async ({ memory }) => {
      const wrong: [unknown, string][] = [
        [{ user: "alice" }, "filter.user"],
        [{ userId: { like: "a%" } }, "filter.userId.like"],
        [{ userId: { constructor: "a" } }, "filter.userId.constructor"],
        [{ importance: "high" }, "filter.importance"],
        [{ topics: { gt: "a" } }, "filter.topics.gt"],
        [{ createdAt: { gte: "yesterday" } }, "filter.createdAt.gte"],
        [{ or: [{ text: "x" }, { nope: 1 }] }, "filter.or.1.nope"],
        [{ userId: { any: [] } }, "filter.userId.any"],
        [{ "metadata.": 1 }, "filter.metadata."],
      ];
      for (const [filter, field] of wrong) {
        const options = { filter: filter as Filter };
        expect(await fieldsOf(Promise.resolve(memory.list(options))), JSON.stringify(filter)).toEqual([
          field,
        ]);
        expect(await codeOf(memory.search("x", options))).toBe("invalid_input");
      }
    },
  );
});

async function expectSame(memory: Memory, records: readonly MemoryRecord[], filter: Filter): Promise<void> {
  const node = parseFilter(filter);
  const expected = idsOf(records.filter((record) => matches(record, node))).sort();
  const about = JSON.stringify(filter);
  const listed = await memory.list({ filter, limit: 1000 });
  expect(idsOf(listed.records).sort(), about).toEqual(expected);
  expect(listed.total, about).toBe(expected.length);
  for (const mode of ["hybrid", "semantic"] as const) {
    const found = await memory.search("a", { filter, mode, limit: 1000, validAt: "any", touch: false });
    expect(idsOf(found.hits).sort(), about).toEqual(expected);
    expect(found.total, about).toBe(expected.length);
  }
}
