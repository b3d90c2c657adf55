import type { HttpClient } from "@zilliz/milvus2-sdk-node";
import type { VectorIndex } from "../../core/vector-index.ts";
import { httpUrl } from "../external/address.ts";
import { type Engine, type EngineQuery, LABELS } from "../external/engine.ts";
import { createExternalIndex } from "../external/external-index.ts";
import { loadClient } from "../external/failures.ts";
import { collectionName } from "../external/names.ts";
import type { ExternalOptions } from "../external/options.ts";

const TRAITS = { name: "milvus", most: 16_384, points: 1_000, bytes: 16e6 };

/** Longest text of a field, in bytes: an id or label has at most 1,024 characters of three bytes each. */
const TEXT = 4_096;

/**
 * Vectors in Milvus or Zilliz Cloud: `milvus://host:19530/collection`, `?database=` for another one than `default`. The key
 * is user and password of the URL, or `MILVUS_TOKEN`. Speaks the REST interface, version 2.
 */
export async function openMilvusIndex({ address, collection, space }: ExternalOptions): Promise<VectorIndex> {
  const { HttpClient } = await loadClient(
    "@zilliz/milvus2-sdk-node",
    () => import("@zilliz/milvus2-sdk-node"),
  );
  const { user, key, parameters } = address;
  const database = parameters.get("database");
  const token = user && key ? `${user}:${key}` : (key ?? process.env["MILVUS_TOKEN"]);
  return createExternalIndex(TRAITS, space, async () => {
    const client = new HttpClient({
      endpoint: httpUrl(address, 19_530),
      ...(token && { token }),
      ...(database && { database }),
    });
    const name = collectionName(collection, space);
    const { data } = accepted(await client.hasCollection({ collectionName: name, dbName: client.database }));
    if (!data.has) await create(client, name, space.dimensions);
    return engineOf(client, name);
  });
}

async function create(client: HttpClient, name: string, dimensions: number): Promise<void> {
  const labels = LABELS.map((label) => ({
    fieldName: label,
    dataType: "VarChar",
    elementTypeParams: { max_length: TEXT },
  }));
  const answer = await client.createCollection({
    collectionName: name,
    schema: {
      fields: [
        { fieldName: "key", dataType: "VarChar", isPrimary: true, elementTypeParams: { max_length: 36 } },
        { fieldName: "vector", dataType: "FloatVector", elementTypeParams: { dim: dimensions } },
        ...labels,
      ],
    },
    indexParams: [{ fieldName: "vector", indexName: "vector", metricType: "COSINE" }],
    // What was written is found at once.
    params: { consistencyLevel: "Strong" },
  });
  const { data } = accepted(await client.hasCollection({ collectionName: name, dbName: client.database }));
  // Another process may have been faster.
  if (!data.has) accepted(answer);
}

function engineOf(client: HttpClient, collectionName: string): Engine {
  return {
    async put(_tenant, points) {
      const data = points.map(({ key, vector, labels }) => ({
        key,
        vector: [...vector],
        // A label that is not there is empty, which no label is.
        ...Object.fromEntries(LABELS.map((label) => [label, labels[label] ?? ""])),
      }));
      accepted(await client.upsert({ collectionName, data }));
    },
    async delete(_tenant, keys) {
      if (keys.length === 0) return;
      const request = { collectionName, filter: "key in {keys}", exprParams: { keys } };
      accepted(await client.delete(request));
    },
    async search(_tenant, query) {
      const request = {
        collectionName,
        data: [[...query.vector]],
        annsField: "vector",
        limit: query.limit,
        outputFields: ["id"],
        searchParams: { metricType: "COSINE" },
        ...filterOf(query),
      };
      const { data } = accepted(await client.search(request));
      const hits = data as unknown as { id: string; distance: number }[];
      return hits.map(({ id, distance }) => ({ id, cosine: distance }));
    },
    async position(_tenant, key) {
      const { data } = accepted(await client.get({ collectionName, id: [key], outputFields: ["position"] }));
      return (data[0]?.["position"] as string | undefined) || null;
    },
    async clear(tenant) {
      const request = { collectionName, filter: "tenant == {tenant}", exprParams: { tenant } };
      accepted(await client.delete(request));
    },
    async close() {},
  };
}

/** Values go beside the expression, so none can become a part of it. */
function filterOf({ equals, types }: EngineQuery) {
  const parts = equals.map(([name]) => `${name} == {${name}}`);
  if (types) parts.push("type in {types}");
  return {
    filter: parts.join(" and "),
    exprParams: { ...Object.fromEntries(equals), ...(types && { types }) },
  };
}

/** Milvus tells of failures inside of good answers. 1100 to 1199 is input that it refuses, 0 and 200 are success. */
function accepted<Answer extends { readonly code: number; readonly message?: string }>(
  answer: Answer,
): Answer {
  if (answer.code === 0 || answer.code === 200) return answer;
  throw new Error(`${answer.message ?? "no message"} (code ${answer.code})`);
}
