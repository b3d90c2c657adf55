import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VectorIndexError } from "../../src/core/errors.ts";
import type { VectorIndex, VectorSpace } from "../../src/core/vector-index.ts";
import { createStaticEmbedder } from "../../src/embedders/static.ts";
import { type OpenOptions, openMemory } from "../../src/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import {
  createMemoryVectorIndex,
  createVectorBacking,
  type VectorBacking,
} from "../../src/vectors/memory/index.ts";
import { SUBJECTS } from "./agreement.ts";

/** An index in memory that counts what is written and asked, and can be away. */
class Watched {
  backing: VectorBacking = createVectorBacking();
  upserts = 0;
  removals = 0;
  limits: number[] = [];
  away = false;
  most = 10_000;
  /** Awaited by every upsert. */
  gate: Promise<void> = Promise.resolve();

  open = async (space: VectorSpace): Promise<VectorIndex> => {
    const index = createMemoryVectorIndex(space, this.backing);
    const reach = () => {
      if (this.away) throw new VectorIndexError("vectors_unavailable", "It is away.");
    };
    return {
      ...index,
      most: this.most,
      upsert: async (tenant, items) => {
        reach();
        this.upserts += items.length;
        await this.gate;
        return index.upsert(tenant, items);
      },
      remove: async (tenant, ids) => {
        reach();
        this.removals += ids.length;
        return index.remove(tenant, ids);
      },
      search: async (tenant, query) => {
        reach();
        this.limits.push(query.limit);
        return index.search(tenant, query);
      },
      position: async (tenant) => {
        reach();
        return index.position(tenant);
      },
    };
  };
}

const PAIRS = SUBJECTS.flatMap((one) => SUBJECTS.map((other) => `${one} and ${other}`));

/** More texts than are compared without asking an index. */
function texts(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${PAIRS[at % PAIRS.length]}, said visitor ${at}`);
}

const backed = (vectors?: OpenOptions["vectors"], backing = createBacking()) =>
  openMemory({ store: createMemoryStore(backing), ...(vectors && { vectors }) });

describe("a memory over a vector index", () => {
  test("answers as the one without, when all that fits is a candidate", async () => {
    const arbitrary = fc.array(
      fc.record({ text: fc.constantFrom(...PAIRS), userId: fc.constantFrom("alice", "bob") }),
      { minLength: 1, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.constantFrom(...SUBJECTS), async (inputs, word) => {
        const backing = createBacking();
        const watched = new Watched();
        await using over = await backed(watched.open, backing);
        await using plain = await backed(undefined, backing);
        await over.add(inputs);
        for (const mode of ["hybrid", "semantic", "keyword"] as const) {
          const [ours, theirs] = await Promise.all(
            [over, plain].map((memory) =>
              memory.scope({ userId: "alice" }).search(word, { mode, limit: 100, touch: false }),
            ),
          );
          // Cosines are summed in another order, so records that score alike may change places.
          const scores = new Map(theirs?.hits.map(({ id, score }) => [id, score]));
          expect(ours?.hits).toHaveLength(scores.size);
          for (const { id, score } of ours?.hits ?? []) expect(score).toBeCloseTo(scores.get(id) ?? -1, 4);
          expect(ours?.total).toBe(theirs?.total);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("asks the index in large scopes, and finds the same first hits", async () => {
    const backing = createBacking();
    const watched = new Watched();
    await using over = await backed(watched.open, backing);
    await using plain = await backed(undefined, backing);
    await plain.add(texts(1200).map((text) => ({ text })));
    for (const mode of ["hybrid", "semantic"] as const) {
      const search = { mode, limit: 10, touch: false };
      const [ours, theirs] = [
        await over.search("a cat eats tuna", search),
        await plain.search("a cat eats tuna", search),
      ];
      expect(ours.hits.map(({ id }) => id)).toEqual(theirs.hits.map(({ id }) => id));
      expect(ours.total).toBe(1200);
    }
    expect(watched.limits.length).toBe(2);
  });

  test("asks for more until what a filter leaves is enough", async () => {
    const watched = new Watched();
    await using memory = await backed(watched.open);
    const [wanted, others] = [texts(600), texts(1900)];
    await memory.add([
      ...others.map((text) => ({ text: `${text}, near the cat and its tuna`, topics: ["decoy"] })),
      ...wanted.map((text) => ({ text: `Remote: ${text}`, topics: ["wanted"] })),
    ]);
    const options = { mode: "semantic", filter: { topics: { any: ["wanted"] } }, touch: false } as const;
    const found = await memory.search("near the cat and its tuna", { ...options, limit: 200 });
    expect(found.hits).toHaveLength(200);
    expect(found.hits.every(({ topics }) => topics[0] === "wanted")).toBe(true);
    expect(watched.limits.length).toBeGreaterThan(1);
    expect(watched.limits).toEqual(watched.limits.toSorted((left, right) => left - right));
  });

  test("compares one by one when an index cannot give enough", async () => {
    const backing = createBacking();
    const watched = new Watched();
    watched.most = 1000;
    await using over = await backed(watched.open, backing);
    await using plain = await backed(undefined, backing);
    await plain.add([
      ...texts(1500).map((text) => ({ text: `${text}, near the cat and its tuna`, topics: ["decoy"] })),
      ...texts(600).map((text) => ({ text: `Remote: ${text}`, topics: ["wanted"] })),
    ]);
    const options = { mode: "semantic", filter: { topics: { any: ["wanted"] } }, touch: false } as const;
    const [ours, theirs] = [await over.search("the cat", options), await plain.search("the cat", options)];
    expect(ours.hits.map(({ id }) => id)).toEqual(theirs.hits.map(({ id }) => id));
    expect(Math.max(...watched.limits)).toBe(1000);
  });

  test("finds by words while the index is away, and by meaning when it is back", async () => {
    const watched = new Watched();
    await using memory = await backed(watched.open);
    await memory.add(texts(700).map((text) => ({ text })));
    watched.away = true;
    await memory.add("The xylophone is in the attic");
    const { hits } = await memory.search("xylophone", { mode: "keyword" });
    expect(hits).toHaveLength(1);
    await expect(memory.search("xylophone")).rejects.toMatchObject({
      code: "vectors_unavailable",
      retryable: true,
    });
    watched.away = false;
    const found = await memory.search("xylophone in the attic", { mode: "semantic" });
    expect(found.hits[0]?.text).toContain("xylophone");
  });
});

describe("an index that follows the feed", () => {
  const search = (memory: Awaited<ReturnType<typeof backed>>) =>
    memory.search("cat and tuna", { mode: "semantic", touch: false, limit: 5 });

  test("takes in what other handles write, change and delete", async () => {
    const backing = createBacking();
    const watched = new Watched();
    await using memory = await backed(watched.open, backing);
    await using other = await backed(undefined, backing);
    await other.add(texts(600).map((text) => ({ text })));
    await search(memory);
    const { record } = await other.add("The stamp collection is complete");
    const near = () =>
      memory.search("a complete stamp collection", { mode: "semantic", touch: false, limit: 1 });
    expect((await near()).hits[0]?.id).toBe(record.id);
    await other.update(record.id, { text: "Went sailing yesterday" });
    expect((await near()).hits[0]?.id).not.toBe(record.id);
    await other.delete([record.id]);
    await search(memory);
    expect([watched.upserts, watched.removals]).toEqual([602, 1]);
    expect((await memory.search("sailing", { mode: "semantic", limit: 1 })).hits[0]?.id).not.toBe(record.id);
  });

  test("goes on where it stopped, in another process too", async () => {
    const backing = createBacking();
    const watched = new Watched();
    const memory = await backed(watched.open, backing);
    await memory.add(texts(600).map((text) => ({ text })));
    await search(memory);
    await memory.close();
    const again = await backed(watched.open, backing);
    await search(again);
    expect(watched.upserts).toBe(600);
    await again.add("One more");
    await search(again);
    expect(watched.upserts).toBe(601);
    await again.close();
  });

  test("is filled anew when it was emptied, or belongs to another store", async () => {
    const backing = createBacking();
    const watched = new Watched();
    await (await filled(backing, watched)).close();
    watched.backing = createVectorBacking();
    await (await filled(backing, watched, false)).close();
    expect(watched.upserts).toBe(1200);
    // The other store's feed is shorter.
    const other = createBacking();
    const memory = await backed(watched.open, other);
    await memory.add("Lonely");
    await search(memory);
    await memory.add(texts(501).map((text) => ({ text })));
    const { hits } = await search(memory);
    expect(hits.every(({ text }) => text.startsWith("Lonely") || text.includes("visitor"))).toBe(true);
    const index = await watched.open(await space());
    expect((await index.position("default"))?.sequence).toBe(
      await createMemoryStore(other).lastSequence("default"),
    );
    await memory.close();
  });

  test("waits for vectors that come later, also after a restart", async () => {
    const backing = createBacking();
    const store = createMemoryStore(backing);
    const watched = new Watched();
    const writer = await backed(undefined, backing);
    await writer.add(texts(600).map((text) => ({ text })));
    const { record } = await writer.add("The stamp collection is complete");
    const [item] = await store.indexedById("default", [record.id]);
    if (!item) throw new Error("not indexed");
    const { id, version } = record;
    await store.reindex("default", [{ id, version, entry: { ...item.entry, vector: null } }]);

    const first = await backed(watched.open, backing);
    await search(first);
    await first.close();
    await store.reindex("default", [{ id, version, entry: item.entry }]);
    await using second = await backed(watched.open, backing);
    const { hits } = await second.search("a complete stamp collection", { mode: "semantic", limit: 1 });
    expect(hits[0]?.id).toBe(id);
    const index = await watched.open(await space());
    expect((await index.position("default"))?.afterRow).toBeNull();
    await writer.close();
  });

  test("keeps the vectors of two embedders apart", async () => {
    const backing = createBacking();
    const watched = new Watched();
    await (await filled(backing, watched)).close();
    const plain = await createStaticEmbedder();
    const renamed = { ...plain, id: "another", embed: plain.embed.bind(plain) };
    await using memory = await openMemory({
      store: createMemoryStore(backing),
      embedder: renamed,
      vectors: watched.open,
    });
    const [record] = (await memory.list({ limit: 1 })).records;
    const index = await watched.open({ embedder: "another", dimensions: plain.dimensions });
    expect(await index.position("default")).toBeNull();
    await memory.update(record?.id ?? "", { text: "The stamp collection is complete" });
    const { hits } = await memory.search("a complete stamp collection", { limit: 1 });
    expect(hits[0]?.id).toBe(record?.id);
    expect(await index.position("default")).not.toBeNull();
  });

  test("is searched as far as it has come while very much is new", async () => {
    const watched = new Watched();
    await using memory = await backed(watched.open);
    await memory.add(texts(1000).map((text) => ({ text })));
    await search(memory);
    let open = () => {};
    for (let part = 0; part < 6; part++)
      await memory.add(texts(1000).map((text) => ({ text: `${text}, ${part}` })));
    let passed = 0;
    const closed = new Promise<void>((resolve) => {
      open = resolve;
    });
    // After 4,800 of the 6,000 the index takes no more.
    Object.defineProperty(watched, "gate", { get: () => (++passed > 12 ? closed : Promise.resolve()) });
    const { hits, total } = await search(memory);
    expect([hits.length, total]).toEqual([5, 7000]);
    expect(watched.upserts).toBeLessThan(7000);
    open();
    await search(memory);
    await memory.close();
    expect(watched.upserts).toBeLessThanOrEqual(7000);
  });

  async function filled(backing: ReturnType<typeof createBacking>, watched: Watched, add = true) {
    const memory = await backed(watched.open, backing);
    if (add) await memory.add(texts(600).map((text) => ({ text })));
    await search(memory);
    return memory;
  }

  async function space(): Promise<VectorSpace> {
    const { id, dimensions } = await createStaticEmbedder();
    return { embedder: id, dimensions };
  }
});
