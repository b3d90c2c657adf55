import { expect } from "vitest";
import { area } from "../suite.ts";
import { direction, makeVectorItem, type VectorFixture } from "./fixture.ts";

const idsOf = (hits: readonly { readonly id: string }[]) => hits.map(({ id }) => id);

export const writes = area<VectorFixture>("writes", (verifies) => {
  verifies("vectors.upsert", "finds what was added, with its cosine", async (fixture) => {
    const { index, tenant, tolerance } = fixture;
    await index.upsert(tenant, [
      makeVectorItem("same", { vector: direction(1) }),
      makeVectorItem("near", { vector: direction(3, 4) }),
      makeVectorItem("across", { vector: direction(0, 0, 1) }),
      makeVectorItem("opposite", { vector: direction(-1) }),
    ]);
    const hits = await fixture.search(direction(1));
    expect(idsOf(hits)).toEqual(["same", "near", "across", "opposite"]);
    [1, 0.6, 0, -1].forEach((cosine, place) => {
      expect(Math.abs((hits[place]?.cosine ?? 9) - cosine)).toBeLessThanOrEqual(tolerance);
    });
  });

  verifies("vectors.upsert", "adds nothing when there is nothing to add", async (fixture) => {
    await fixture.index.upsert(fixture.tenant, []);
    await fixture.index.remove(fixture.tenant, []);
    expect(await fixture.search(direction(1))).toEqual([]);
  });

  verifies("vectors.replace", "adding an id again replaces vector and labels", async (fixture) => {
    const { index, tenant } = fixture;
    await index.upsert(tenant, [makeVectorItem("a", { vector: direction(1), userId: "alice" })]);
    const moved = makeVectorItem("a", { vector: direction(0, 1), namespace: "trips" });
    for (let time = 0; time < 2; time++) await index.upsert(tenant, [moved]);
    const [hit, ...others] = await fixture.search(direction(0, 1));
    expect([hit?.id, others]).toEqual(["a", []]);
    expect(hit?.cosine).toBeCloseTo(1, 3);
    const scope = { namespace: null, userId: null, agentId: null, sessionId: null };
    expect(await fixture.search(direction(1), { scope: { ...scope, userId: "alice" } })).toEqual([]);
    expect(idsOf(await fixture.search(direction(1), { scope: { ...scope, namespace: "trips" } }))).toEqual([
      "a",
    ]);
  });

  verifies(
    "vectors.remove",
    "does not find what was removed, and finds it when it is added again",
    async (fixture) => {
      const { index, tenant } = fixture;
      await index.upsert(tenant, [makeVectorItem("a"), makeVectorItem("b")]);
      await index.remove(tenant, ["a", "never there"]);
      await index.remove(tenant, ["a"]);
      expect(idsOf(await fixture.search(direction(1)))).toEqual(["b"]);
      await index.upsert(tenant, [makeVectorItem("a")]);
      expect(idsOf(await fixture.search(direction(1)))).toEqual(["a", "b"]);
    },
  );

  verifies("vectors.many", "takes in and removes thousands at once", async (fixture) => {
    const { index, tenant } = fixture;
    const items = Array.from({ length: 2500 }, (_, number) =>
      makeVectorItem(`item ${number}`, {
        vector: direction(Math.cos(number / 1000), Math.sin(number / 1000)),
      }),
    );
    await index.upsert(tenant, items);
    expect(idsOf(await fixture.search(direction(1), { limit: 3 }))).toEqual(["item 0", "item 1", "item 2"]);
    expect(await fixture.search(direction(1), { limit: 1000 })).toHaveLength(1000);
    await index.remove(
      tenant,
      items.slice(0, 2400).map(({ id }) => id),
    );
    const left = await fixture.search(direction(1), { limit: 1000 });
    expect(idsOf(left).sort()).toEqual(
      items
        .slice(2400)
        .map(({ id }) => id)
        .sort(),
    );
  });

  verifies("vectors.shared", "what one handle acknowledged, every other sees", async (fixture) => {
    const { index, tenant } = fixture;
    const other = await fixture.another();
    await index.upsert(tenant, [makeVectorItem("a"), makeVectorItem("b")]);
    expect(idsOf(await fixture.search(direction(1), {}, other))).toEqual(["a", "b"]);
    await other.remove(tenant, ["a"]);
    await other.setPosition(tenant, { sequence: 2, afterRow: null });
    expect(idsOf(await fixture.search(direction(1)))).toEqual(["b"]);
    expect(await index.position(tenant)).toEqual({ sequence: 2, afterRow: null });
  });
});
