import { valuesOf } from "../../core/filter/values.ts";
import { inScope } from "../../core/scope.ts";
import { dot } from "../../core/vector.ts";
import {
  checkVector,
  hitOrder,
  type VectorIndex,
  type VectorItem,
  type VectorPosition,
  type VectorSpace,
} from "../../core/vector-index.ts";

interface Tenant {
  readonly items: Map<string, VectorItem>;
  position: VectorPosition | null;
}

/** What handles share. */
export interface VectorBacking {
  readonly tenants: Map<string, Tenant>;
}

export function createVectorBacking(): VectorBacking {
  return { tenants: new Map() };
}

/**
 * Looks at every vector: the exact reference that engines are compared with, gone with the process. Indexes of one backing
 * are on the same data; each space has data of its own.
 */
export function createMemoryVectorIndex(
  space: VectorSpace,
  backing: VectorBacking = createVectorBacking(),
): VectorIndex {
  const tenantOf = (name: string): Tenant => {
    const key = JSON.stringify([space.embedder, space.dimensions, name]);
    const known = backing.tenants.get(key) ?? { items: new Map(), position: null };
    backing.tenants.set(key, known);
    return known;
  };
  return {
    name: "memory",
    space,
    most: 10_000,
    async upsert(tenant, items) {
      for (const { vector } of items) checkVector(vector, space);
      const kept = tenantOf(tenant).items;
      for (const item of items) kept.set(item.id, { ...item, vector: item.vector.slice() });
    },
    async remove(tenant, ids) {
      for (const id of ids) tenantOf(tenant).items.delete(id);
    },
    async search(tenant, { vector, scope, filter, limit, signal }) {
      signal?.throwIfAborted();
      checkVector(vector, space);
      const types = valuesOf(filter, "type");
      return [...tenantOf(tenant).items.values()]
        .filter((item) => inScope({ ...scope, tenant }, item) && (types?.includes(item.type) ?? true))
        .map((item) => ({ id: item.id, cosine: dot(item.vector, vector) }))
        .sort(hitOrder)
        .slice(0, limit);
    },
    async position(tenant) {
      return tenantOf(tenant).position;
    },
    async setPosition(tenant, position) {
      tenantOf(tenant).position = position;
    },
    async clear(tenant) {
      const emptied = tenantOf(tenant);
      emptied.items.clear();
      emptied.position = null;
    },
    async close() {},
  };
}
