import { expect } from "vitest";
import { ValidationError, VectorIndexError } from "../../core/errors.ts";
import type { VectorIndex } from "../../core/vector-index.ts";
import { area } from "../suite.ts";
import { direction, makeVectorItem, makeVectorQuery, type VectorFixture } from "./fixture.ts";

const idsOf = (hits: readonly { readonly id: string }[]) => hits.map(({ id }) => id);

export const upkeep = area<VectorFixture>("upkeep", (verifies) => {
  verifies("vectors.position", "keeps its place in the feed", async (fixture) => {
    const { index, tenant } = fixture;
    expect(await index.position(tenant)).toBeNull();
    await index.setPosition(tenant, { sequence: 0, afterRow: 400 });
    expect(await index.position(tenant)).toEqual({ sequence: 0, afterRow: 400 });
    const far = { sequence: Number.MAX_SAFE_INTEGER, afterRow: null };
    await index.setPosition(tenant, far);
    await index.upsert(tenant, [makeVectorItem("a")]);
    const again = await fixture.reopen();
    expect(await again.position(tenant)).toEqual(far);
    expect(idsOf(await fixture.search(direction(1), {}, again))).toEqual(["a"]);
  });

  verifies("vectors.position", "is never found by a search", async (fixture) => {
    const { index, tenant } = fixture;
    await index.setPosition(tenant, { sequence: 3, afterRow: null });
    expect(await fixture.search(direction(1), { limit: 1000 })).toEqual([]);
  });

  verifies("vectors.clear", "forgets everything of a tenant, and can be filled anew", async (fixture) => {
    const { index, tenant } = fixture;
    await index.upsert(tenant, [makeVectorItem("a"), makeVectorItem("b", { userId: "bob" })]);
    await index.setPosition(tenant, { sequence: 3, afterRow: null });
    await index.clear(tenant);
    await index.clear(tenant);
    expect(await fixture.search(direction(1))).toEqual([]);
    expect(await index.position(tenant)).toBeNull();
    await index.upsert(tenant, [makeVectorItem("b")]);
    expect(idsOf(await fixture.search(direction(1)))).toEqual(["b"]);
  });

  verifies("vectors.dimensions", "refuses vectors of another length, all or none", async (fixture) => {
    const { index, tenant } = fixture;
    const short = direction(1).slice(0, 5);
    const refused = index.upsert(tenant, [makeVectorItem("good"), makeVectorItem("bad", { vector: short })]);
    await expect(refused).rejects.toBeInstanceOf(ValidationError);
    await expect(fixture.search(short)).rejects.toMatchObject({ code: "invalid_input" });
    expect(await fixture.search(direction(1))).toEqual([]);
  });

  verifies.away(
    "vectors.unavailable",
    "says that the engine cannot be reached, and that trying again makes sense",
    async (fixture) => {
      const { tenant } = fixture;
      const calls: Readonly<Record<string, (index: VectorIndex) => Promise<unknown>>> = {
        upsert: (index) => index.upsert(tenant, [makeVectorItem("a")]),
        remove: (index) => index.remove(tenant, ["a"]),
        search: (index) => index.search(tenant, makeVectorQuery(direction(1))),
        position: (index) => index.position(tenant),
        setPosition: (index) => index.setPosition(tenant, { sequence: 1, afterRow: null }),
        clear: (index) => index.clear(tenant),
      };
      for (const [name, call] of Object.entries(calls)) {
        const error = await fixture
          .unreachable()
          .then(call)
          .then(
            () => null,
            (reason: unknown) => reason,
          );
        expect(error, name).toBeInstanceOf(VectorIndexError);
        expect(error, name).toMatchObject({ code: "vectors_unavailable", retryable: true });
      }
    },
    async ({ index, tenant }) => {
      expect(await index.search(tenant, makeVectorQuery(direction(1)))).toEqual([]);
    },
  );
});
