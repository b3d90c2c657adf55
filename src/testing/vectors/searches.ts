import fc from "fast-check";
import { expect } from "vitest";
import { parseFilter } from "../../core/filter/parse.ts";
import { RECORD_TYPES } from "../../core/record.ts";
import { dot, normalize } from "../../core/vector.ts";
import { hitOrder } from "../../core/vector-index.ts";
import { area } from "../suite.ts";
import { direction, makeVectorItem, makeVectorQuery, SPACE, type VectorFixture } from "./fixture.ts";

const idsOf = (hits: readonly { readonly id: string }[]) => hits.map(({ id }) => id);

/** Numbers from 1 up to a few thousand, different in every run. */
const arbitrarySeed = fc.integer({ min: 1, max: 1_000_000 });

/** Vectors evenly spread over all directions. */
function randomVectors(seed: number, count: number): Float32Array[] {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Array.from({ length: count }, () =>
    normalize(Float32Array.from({ length: SPACE.dimensions }, normal)),
  );
}

export const searches = area<VectorFixture>("searches", (verifies) => {
  verifies("vectors.order", "gives the best first, and equally good ones by rising id", async (fixture) => {
    const { index, tenant } = fixture;
    const ties = ["b", "a10", "a1", "\u{10000}", "\ue000", "é"];
    await index.upsert(
      tenant,
      [...ties, "best"].map((id) =>
        makeVectorItem(id, { vector: id === "best" ? direction(1) : direction(1, 1) }),
      ),
    );
    const hits = await fixture.search(direction(1));
    expect(idsOf(hits)).toEqual(["best", "a1", "a10", "b", "é", "\ue000", "\u{10000}"]);
    expect(hits).toEqual(hits.toSorted(hitOrder));
  });

  verifies("vectors.limits", "gives as many as asked for, or all there are", async (fixture) => {
    const { index, tenant } = fixture;
    await index.upsert(
      tenant,
      randomVectors(7, 30).map((vector, id) => makeVectorItem(`${id}`, { vector })),
    );
    expect(index.most).toBeGreaterThanOrEqual(1000);
    for (const limit of [1, 7, 30]) expect(await fixture.search(direction(1), { limit })).toHaveLength(limit);
    for (const limit of [31, index.most]) {
      const hits = await fixture.search(direction(1), { limit });
      expect(new Set(idsOf(hits)).size).toBe(30);
    }
  });

  verifies("vectors.recall", "finds the nearest of random vectors", async (fixture) => {
    const { index, runs, recall } = fixture;
    const found: number[] = [];
    const run = async (seed: number) => {
      const tenant = fixture.freshTenant();
      const vectors = randomVectors(seed, 800);
      await index.upsert(
        tenant,
        vectors.map((vector, id) => makeVectorItem(`${id}`, { vector })),
      );
      for (const vector of randomVectors(seed + 1, 10)) {
        const exact = vectors
          .map((other, id) => ({ id: `${id}`, cosine: dot(other, vector) }))
          .sort(hitOrder);
        const nearest = new Set(idsOf(exact.slice(0, 10)));
        const hits = await index.search(tenant, makeVectorQuery(vector));
        expect(hits).toHaveLength(10);
        expect(hits).toEqual(hits.toSorted(hitOrder));
        for (const { id, cosine } of hits)
          expect(Math.abs(cosine - dot(vectors[Number(id)] ?? vector, vector))).toBeLessThanOrEqual(
            fixture.tolerance,
          );
        found.push(hits.filter(({ id }) => nearest.has(id)).length / 10);
      }
    };
    await fc.assert(fc.asyncProperty(arbitrarySeed, run), { numRuns: Math.min(runs, 5), endOnFailure: true });
    const mean = found.reduce((sum, part) => sum + part, 0) / found.length;
    expect(mean).toBeGreaterThanOrEqual(recall);
  });

  verifies("vectors.filter", "leaves out nothing that the filter leaves in", async (fixture) => {
    const { index, tenant } = fixture;
    await index.upsert(
      tenant,
      RECORD_TYPES.map((type) => makeVectorItem(type, { type })),
    );
    const wanted = async (filter: Parameters<typeof parseFilter>[0], ids: readonly string[]) => {
      const hits = idsOf(await fixture.search(direction(1), { filter: parseFilter(filter) }));
      expect(ids.filter((id) => !hits.includes(id))).toEqual([]);
    };
    await wanted({ type: "semantic" }, ["semantic"]);
    await wanted({ type: { any: ["semantic", "message"] } }, ["semantic", "message"]);
    await wanted({ type: { ne: "semantic" } }, ["episodic", "procedural", "message"]);
    await wanted({ or: [{ type: "semantic" }, { importance: { gt: 0.3 } }] }, RECORD_TYPES);
    await wanted({ topics: { all: ["x"] }, importance: { gte: 0.1 } }, []);
    await wanted({ expiresAt: { exists: false } }, RECORD_TYPES);
  });

  verifies("vectors.aborted", "gives up a search with the signal's reason", async (fixture) => {
    const { index, tenant } = fixture;
    await index.upsert(tenant, [makeVectorItem("a")]);
    const reason = new Error("no longer wanted");
    const search = fixture.search(direction(1), { signal: AbortSignal.abort(reason) });
    await expect(search).rejects.toBe(reason);
  });
});
