import type { Collection, Where } from "chromadb";
import type { VectorIndex } from "../../core/vector-index.ts";
import { type Engine, type EngineQuery, LABELS, type Labels } from "../external/engine.ts";
import { createExternalIndex } from "../external/external-index.ts";
import { loadClient } from "../external/failures.ts";
import { collectionName } from "../external/names.ts";
import type { ExternalOptions } from "../external/options.ts";
import { asQuery, cosineFromDistance, setApart } from "./apart.ts";

const TRAITS = { name: "chroma", most: 1_000, points: 1_000, bytes: 16e6 };

const UNLABELLED = Object.fromEntries(LABELS.map((name) => [name, ""]));

/**
 * Vectors in Chroma: `chroma://host:8000/collection`. The key is the URL's password or `CHROMA_API_KEY`; tenant and database
 * of Chroma are `CHROMA_TENANT` and `CHROMA_DATABASE`, or `?tenant=` and `?database=`.
 */
export async function openChromaIndex({ address, collection, space }: ExternalOptions): Promise<VectorIndex> {
  const { ChromaClient } = await loadClient("chromadb", () => import("chromadb"));
  const { host, port, secure, parameters, key = process.env["CHROMA_API_KEY"] } = address;
  const tenant = parameters.get("tenant") ?? process.env["CHROMA_TENANT"];
  const database = parameters.get("database") ?? process.env["CHROMA_DATABASE"];
  return createExternalIndex(TRAITS, space, async () => {
    const client = new ChromaClient({
      host,
      port: port ?? (secure ? 443 : 8000),
      ssl: secure,
      ...(tenant && { tenant }),
      ...(database && { database }),
      ...(key && { headers: { "x-chroma-token": key } }),
    });
    const found = await client.getOrCreateCollection({
      name: collectionName(collection, space),
      embeddingFunction: null,
      configuration: { hnsw: { space: "cosine", ef_search: 200, ef_construction: 200 } },
    });
    return engineOf(found);
  });
}

function engineOf(collection: Collection): Engine {
  return {
    async put(_tenant, points) {
      await collection.upsert({
        ids: points.map(({ key }) => key),
        embeddings: points.map(({ key, vector }) => setApart(vector, key)),
        // What is left out stays as it was. No label is empty, so no search asks for it.
        metadatas: points.map(({ labels }) => ({ ...UNLABELLED, ...labels })),
      });
    },
    async delete(_tenant, keys) {
      if (keys.length > 0) await collection.delete({ ids: [...keys] });
    },
    search: (_tenant, query) => search(collection, query),
    async position(_tenant, key) {
      const { metadatas } = await collection.get<Labels>({ ids: [key], include: ["metadatas"] });
      return metadatas[0]?.position || null;
    },
    async clear(tenant) {
      await collection.delete({ where: { tenant } });
    },
    async close() {},
  };
}

async function search(collection: Collection, { vector, equals, types, limit }: EngineQuery) {
  const conditions: Where[] = equals.map(([name, value]) => ({ [name]: { $eq: value } }));
  if (types) conditions.push({ type: { $in: [...types] } });
  const [only, ...others] = conditions;
  const answer = await collection.query<Labels>({
    queryEmbeddings: [asQuery(vector)],
    nResults: limit,
    ...(only && { where: others.length === 0 ? only : { $and: conditions } }),
    include: ["metadatas", "distances"],
  });
  return (answer.metadatas[0] ?? []).map((labels, at) => ({
    id: labels?.id ?? "",
    cosine: cosineFromDistance(answer.distances[0]?.[at] ?? 1),
  }));
}
