import type { Collection, FilterValue, WeaviateClient } from "weaviate-client";
import type { VectorIndex } from "../../core/vector-index.ts";
import { type Engine, type EngineQuery, LABELS, type LabelName } from "../external/engine.ts";
import { createExternalIndex } from "../external/external-index.ts";
import { loadClient } from "../external/failures.ts";
import { collectionName } from "../external/names.ts";
import type { ExternalOptions } from "../external/options.ts";

const TRAITS = { name: "weaviate", most: 10_000, points: 1_000, bytes: 8e6 };

type Properties = Record<string, string>;

/**
 * Vectors in Weaviate: `weaviate://host:8080/Collection`. Its gRPC interface is on the same host at port 50051, or where
 * `?grpcHost=` and `?grpcPort=` say. The key is the URL's password or `WEAVIATE_API_KEY`.
 */
export async function openWeaviateIndex({
  address,
  collection,
  space,
}: ExternalOptions): Promise<VectorIndex> {
  const { default: weaviate, Filters } = await loadClient("weaviate-client", () => import("weaviate-client"));
  const { host, port, secure, parameters } = address;
  const key = address.key ?? process.env["WEAVIATE_API_KEY"];
  return createExternalIndex(TRAITS, space, async () => {
    const client = await weaviate.connectToCustom({
      httpHost: host,
      httpPort: port ?? (secure ? 443 : 8080),
      httpSecure: secure,
      grpcHost: parameters.get("grpcHost") ?? host,
      grpcPort: Number(parameters.get("grpcPort") ?? (secure ? 443 : 50_051)),
      grpcSecure: secure,
      ...(key && { authCredentials: new weaviate.ApiKey(key) }),
    });
    // Names of collections begin with a capital.
    const name = collectionName(collection, space).replace(/^./, (first) => first.toUpperCase());
    if (!(await client.collections.exists(name))) await create(client, weaviate.configure, name);
    return engineOf(client, client.collections.use(name), Filters.and);
  });
}

async function create(
  client: WeaviateClient,
  configure: typeof import("weaviate-client")["default"]["configure"],
  name: string,
): Promise<void> {
  try {
    await client.collections.create({
      name,
      vectorizers: configure.vectors.selfProvided({
        vectorIndexConfig: configure.vectorIndex.hnsw({ distanceMetric: "cosine" }),
      }),
      properties: LABELS.map((label) => ({
        name: propertyOf(label),
        dataType: "text" as const,
        // Compared as a whole.
        tokenization: "field" as const,
        indexFilterable: true,
        indexSearchable: false,
      })),
    });
  } catch (error) {
    // Another process was faster.
    if (!(await client.collections.exists(name))) throw error;
  }
}

type Every = typeof import("weaviate-client")["Filters"]["and"];

function engineOf(client: WeaviateClient, collection: Collection<undefined, string>, every: Every): Engine {
  const { data, query, filter } = collection;
  return {
    async put(_tenant, points) {
      const objects = points.map(({ key, vector, labels }) => ({
        id: key,
        vectors: [...vector],
        properties: Object.fromEntries(
          Object.entries(labels).map(([label, value]) => [propertyOf(label as LabelName), encoded(value)]),
        ),
      }));
      const { hasErrors, errors } = await data.insertMany(objects);
      if (hasErrors) throw new Error(Object.values(errors)[0]?.message ?? "an object was refused");
    },
    async delete(_tenant, keys) {
      if (keys.length > 0) await data.deleteMany(filter.byId().containsAny([...keys]));
    },
    async search(_tenant, request) {
      const { objects } = await query.nearVector([...request.vector], {
        limit: request.limit,
        filters: every(...filtersOf(collection, request)),
        returnMetadata: ["distance"],
        returnProperties: [propertyOf("id")],
      });
      return objects.map(({ properties, metadata }) => ({
        id: decodeURIComponent((properties as Properties)[propertyOf("id")] ?? ""),
        cosine: 1 - (metadata?.distance ?? 1),
      }));
    },
    async position(_tenant, key) {
      const object = await query.fetchObjectById(key, { returnProperties: [propertyOf("position")] });
      const text = (object?.properties as Properties | undefined)?.[propertyOf("position")];
      return text ? decodeURIComponent(text) : null;
    },
    async clear(tenant) {
      // One call removes no more than a search finds.
      for (;;) {
        const where = filter.byProperty(propertyOf("tenant") as never).equal(encoded(tenant) as never);
        const { matches } = await data.deleteMany(where);
        if (matches < TRAITS.most) return;
      }
    },
    close: () => client.close(),
  };
}

function filtersOf({ filter }: Collection<undefined, string>, { equals, types }: EngineQuery): FilterValue[] {
  const by = (label: LabelName) => filter.byProperty(propertyOf(label) as never);
  const labels = equals.map(([label, value]) => by(label).equal(encoded(value) as never));
  return types ? [...labels, by("type").containsAny(types.map(encoded) as never)] : labels;
}

/** Weaviate keeps the name `id` for itself. */
function propertyOf(label: LabelName): string {
  return `${label}Label`;
}

/** Without the white space that Weaviate would cut off at the ends. */
function encoded(label: string): string {
  return encodeURIComponent(label);
}
