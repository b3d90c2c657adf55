import fc from "fast-check";
import { expect } from "vitest";
import { inScope, SCOPE_FIELDS } from "../../core/scope.ts";
import type { VectorQuery } from "../../core/vector-index.ts";
import { arbitraryLabel } from "../arbitraries.ts";
import { NEIGHBOURS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { direction, makeVectorItem, makeVectorQuery, SPACE, type VectorFixture } from "./fixture.ts";

const idsOf = (hits: readonly { readonly id: string }[]) => hits.map(({ id }) => id);
type Labels = VectorQuery["scope"];
const ANY: Labels = { namespace: null, userId: null, agentId: null, sessionId: null };

export const isolation = area<VectorFixture>("isolation", (verifies) => {
  verifies(
    "vectors.ids",
    "ids that look alike are different items, and come back exactly",
    async (fixture) => {
      const { index, tenant } = fixture;
      const ids = [...NEIGHBOURS, "x".repeat(1024), "日".repeat(1024)];
      await index.upsert(
        tenant,
        ids.map((id) => makeVectorItem(id)),
      );
      const hits = await fixture.search(direction(1), { limit: 1000 });
      expect(idsOf(hits).sort()).toEqual(ids.toSorted());
      await index.remove(tenant, ["user1", "é", "a/b"]);
      const left = idsOf(await fixture.search(direction(1), { limit: 1000 }));
      expect(ids.filter((id) => !left.includes(id))).toEqual(["user1", "a/b", "é"]);
    },
  );

  for (const field of SCOPE_FIELDS) {
    verifies("vectors.scopes", `labels of ${field} that look alike are different`, async (fixture) => {
      const { index, tenant } = fixture;
      await index.upsert(tenant, [
        ...NEIGHBOURS.map((label, id) => makeVectorItem(`${id}`, { [field]: label })),
        makeVectorItem("without"),
      ]);
      for (const [id, label] of NEIGHBOURS.entries()) {
        const hits = await fixture.search(direction(1), { scope: { ...ANY, [field]: label } });
        expect(idsOf(hits), JSON.stringify(label)).toEqual([`${id}`]);
      }
    });
  }

  verifies("vectors.scopes", "every scope finds exactly what lies in it", async (fixture) => {
    const { index, runs } = fixture;
    const label = fc.option(fc.oneof(fc.constantFrom("a", "b"), arbitraryLabel()));
    const labels = fc.record({ namespace: label, userId: label, agentId: label, sessionId: label });
    const run = async (owners: Labels[], others: Labels[]) => {
      const tenant = fixture.freshTenant();
      await index.upsert(
        tenant,
        owners.map((owner, id) => makeVectorItem(`${id}`, owner)),
      );
      for (const scope of [...owners, ...others]) {
        const hits = await index.search(tenant, makeVectorQuery(direction(1), { scope, limit: 100 }));
        const inside = [...owners.keys()].filter((id) => inScope({ tenant, ...scope }, owners[id] ?? ANY));
        expect(idsOf(hits).sort()).toEqual(inside.map(String).sort());
      }
    };
    const arbitrary = fc.asyncProperty(
      fc.array(labels, { minLength: 1, maxLength: 8 }),
      fc.array(labels, { maxLength: 3 }),
      run,
    );
    await fc.assert(arbitrary, { numRuns: runs });
  });

  verifies("vectors.scope-first", "applies the scope before it chooses the best", async (fixture) => {
    const { index, tenant } = fixture;
    const decoys = Array.from({ length: 1500 }, (_, id) => makeVectorItem(`decoy ${id}`, { userId: "bob" }));
    const wanted = ["x", "y", "z"].map((id) =>
      makeVectorItem(id, { userId: "alice", vector: direction(-1, 1) }),
    );
    await index.upsert(tenant, [...decoys, ...wanted]);
    const hits = await fixture.search(direction(1), { scope: { ...ANY, userId: "alice" }, limit: 3 });
    expect(idsOf(hits)).toEqual(["x", "y", "z"]);
  });

  verifies("vectors.tenants", "tenants share nothing, not even ids", async (fixture) => {
    const { index } = fixture;
    const tenants = NEIGHBOURS.slice(0, 12);
    for (const [number, tenant] of tenants.entries()) {
      await index.upsert(tenant, [makeVectorItem("shared id"), makeVectorItem(`own ${number}`)]);
      await index.setPosition(tenant, { sequence: number, afterRow: null });
    }
    await index.remove("user1", ["shared id"]);
    await index.clear("user10");
    for (const [number, tenant] of tenants.entries()) {
      const hits = await index.search(tenant, makeVectorQuery(direction(1)));
      const all = tenant === "user10" ? [] : [`own ${number}`, ...(tenant === "user1" ? [] : ["shared id"])];
      expect(idsOf(hits), JSON.stringify(tenant)).toEqual(all);
      const position = tenant === "user10" ? null : { sequence: number, afterRow: null };
      expect(await index.position(tenant)).toEqual(position);
    }
  });

  verifies("vectors.spaces", "embedders share nothing, not even of equal length", async (fixture) => {
    const { index, tenant } = fixture;
    const spaces = [
      { embedder: "test:8", dimensions: 8 },
      { embedder: "Test/8", dimensions: 8 },
      { embedder: "test/8", dimensions: 3 },
    ];
    await index.upsert(tenant, [makeVectorItem("a")]);
    await index.setPosition(tenant, { sequence: 5, afterRow: null });
    for (const space of spaces) {
      const other = await fixture.another(space);
      expect(other.space).toEqual(space);
      const vector = direction(0, 1).slice(0, space.dimensions);
      expect(await fixture.search(vector, {}, other)).toEqual([]);
      expect(await other.position(tenant)).toBeNull();
      await other.upsert(tenant, [makeVectorItem(space.embedder, { vector })]);
      expect(idsOf(await fixture.search(vector, {}, other))).toEqual([space.embedder]);
    }
    expect(idsOf(await fixture.search(direction(1)))).toEqual(["a"]);
    expect(index.space).toEqual(SPACE);
  });
});
