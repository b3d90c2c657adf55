import type { QdrantClient } from "@qdrant/js-client-rest";
import type { VectorIndex } from "../../core/vector-index.ts";
import { httpUrl } from "../external/address.ts";
import { type Engine, type EngineQuery, LABELS, type Labels } from "../external/engine.ts";
import { createExternalIndex } from "../external/external-index.ts";
import { loadClient } from "../external/failures.ts";
import { collectionName } from "../external/names.ts";
import type { ExternalOptions } from "../external/options.ts";

const TRAITS = { name: "qdrant", most: 10_000, points: 1_000, bytes: 16e6 };

/** Vectors in Qdrant: `qdrant://host:6333/collection`. The key is the URL's password or `QDRANT_API_KEY`. */
export async function openQdrantIndex({ address, collection, space }: ExternalOptions): Promise<VectorIndex> {
  const { QdrantClient } = await loadClient("@qdrant/js-client-rest", () => import("@qdrant/js-client-rest"));
  const key = address.key ?? process.env["QDRANT_API_KEY"];
  return createExternalIndex(TRAITS, space, async () => {
    const client = new QdrantClient({
      url: httpUrl(address, 6333),
      // Asks in the background and writes to the console.
      checkCompatibility: false,
      ...(key && { apiKey: key }),
    });
    const name = collectionName(collection, space);
    if (!(await client.collectionExists(name)).exists) await create(client, name, space.dimensions);
    return engineOf(client, name);
  });
}

async function create(client: QdrantClient, name: string, dimensions: number): Promise<void> {
  try {
    await client.createCollection(name, { vectors: { size: dimensions, distance: "Cosine" } });
  } catch (error) {
    // Another process was faster.
    if (!(await client.collectionExists(name)).exists) throw error;
  }
  for (const label of LABELS) {
    if (label === "id" || label === "position") continue;
    await client.createPayloadIndex(name, {
      wait: true,
      field_name: label,
      field_schema: label === "tenant" ? { type: "keyword", is_tenant: true } : "keyword",
    });
  }
}

function engineOf(client: QdrantClient, name: string): Engine {
  return {
    async put(_tenant, points) {
      await client.upsert(name, {
        wait: true,
        points: points.map(({ key, vector, labels }) => ({
          id: key,
          vector: [...vector],
          payload: { ...labels },
        })),
      });
    },
    async delete(_tenant, keys) {
      await client.delete(name, { wait: true, points: [...keys] });
    },
    async search(_tenant, query) {
      const { points } = await client.query(name, {
        query: [...query.vector],
        filter: filterOf(query),
        limit: query.limit,
        with_payload: ["id"],
      });
      return points.map(({ payload, score }) => ({ id: (payload as Labels).id ?? "", cosine: score }));
    },
    async position(_tenant, key) {
      const [point] = await client.retrieve(name, { ids: [key], with_payload: true });
      return (point?.payload as Labels | undefined)?.position ?? null;
    },
    async clear(tenant) {
      await client.delete(name, {
        wait: true,
        filter: { must: [{ key: "tenant", match: { value: tenant } }] },
      });
    },
    async close() {},
  };
}

function filterOf({ equals, types }: EngineQuery) {
  const labels = equals.map(([key, value]) => ({ key, match: { value } }));
  return { must: types ? [...labels, { key: "type", match: { any: [...types] } }] : labels };
}
