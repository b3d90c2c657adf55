import type { Index, Pinecone } from "@pinecone-database/pinecone";
import type { VectorIndex, VectorSpace } from "../../core/vector-index.ts";
import { httpUrl, type VectorAddress } from "../external/address.ts";
import type { Engine, EngineQuery, Labels } from "../external/engine.ts";
import { createExternalIndex } from "../external/external-index.ts";
import { loadClient } from "../external/failures.ts";
import { collectionName, namespaceName } from "../external/names.ts";
import type { ExternalOptions } from "../external/options.ts";

/** Of an answer with metadata, Pinecone gives 1,000; of an upsert it takes 2 MB. */
const TRAITS = { name: "pinecone", most: 1_000, points: 1_000, bytes: 1.9e6 };

/**
 * Vectors in Pinecone: `pinecone:index?cloud=aws&region=us-east-1`, where cloud and region matter only for an index that is
 * not there yet. A host, as in `pinecone://localhost:5080/index`, names a server of one's own. The key is the URL's password
 * or `PINECONE_API_KEY`. Each tenant has a namespace. Pinecone shows what was written after some seconds.
 */
export async function openPineconeIndex({
  address,
  collection,
  space,
}: ExternalOptions): Promise<VectorIndex> {
  const { Pinecone } = await loadClient(
    "@pinecone-database/pinecone",
    () => import("@pinecone-database/pinecone"),
  );
  const key = address.key ?? process.env["PINECONE_API_KEY"];
  return createExternalIndex(TRAITS, space, async () => {
    const client = new Pinecone({
      apiKey: key ?? "none",
      ...(address.host && { controllerHostUrl: httpUrl(address, 5080) }),
    });
    const name = collectionName(collection, space, { separator: "-", most: 45 }).toLowerCase();
    const { host } = await findOrCreate(client, name, address, space);
    const plain = address.host !== "" && !address.secure && !/^https?:/.test(host);
    return engineOf(client.index({ name, host: plain ? `http://${host}` : host }));
  });
}

async function findOrCreate(client: Pinecone, name: string, address: VectorAddress, space: VectorSpace) {
  const { indexes = [] } = await client.listIndexes();
  if (!indexes.some((index) => index.name === name)) {
    const cloud = address.parameters.get("cloud") ?? "aws";
    const region = address.parameters.get("region") ?? "us-east-1";
    await client.createIndex({
      name,
      dimension: space.dimensions,
      metric: "cosine",
      spec: { serverless: { cloud, region } },
      waitUntilReady: true,
      // Another process may be faster.
      suppressConflicts: true,
    });
  }
  return client.describeIndex(name);
}

function engineOf(index: Index): Engine {
  return {
    async put(tenant, points) {
      const records = points.map(({ key, vector, labels }) => ({
        id: key,
        values: [...vector],
        metadata: { ...labels } as Record<string, string>,
      }));
      await index.upsert({ namespace: namespaceName(tenant), records });
    },
    async delete(tenant, keys) {
      if (keys.length === 0) return;
      await unlessAbsent(index.deleteMany({ namespace: namespaceName(tenant), ids: [...keys] }));
    },
    async search(tenant, query) {
      const { matches } = await index.query({
        namespace: namespaceName(tenant),
        vector: [...query.vector],
        topK: query.limit,
        filter: filterOf(query),
        includeMetadata: true,
      });
      return matches.map(({ metadata, score }) => ({
        id: (metadata as Labels | undefined)?.id ?? "",
        cosine: score ?? 0,
      }));
    },
    async position(tenant, key) {
      const { records } = await index.fetch({ namespace: namespaceName(tenant), ids: [key] });
      return (records[key]?.metadata as Labels | undefined)?.position ?? null;
    },
    async clear(tenant) {
      await unlessAbsent(index.deleteAll({ namespace: namespaceName(tenant) }));
    },
    async close() {},
  };
}

function filterOf({ equals, types }: EngineQuery) {
  const labels = Object.fromEntries(equals.map(([name, value]) => [name, { $eq: value }]));
  return types ? { ...labels, type: { $in: [...types] } } : labels;
}

/** A namespace that nobody wrote to is not there, and then neither is what should be deleted. */
async function unlessAbsent(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if ((error as Error).name !== "PineconeNotFoundError") throw error;
  }
}
