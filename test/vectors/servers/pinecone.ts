import { z } from "zod";
import { Refusal, serveJson, type WireServer } from "./http.ts";
import { Points, type StoredPoint } from "./points.ts";

const Creation = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
    .max(45),
  schema: z.object({
    fields: z.record(
      z.string(),
      z.object({ type: z.string(), dimension: z.int(), metric: z.literal("cosine") }),
    ),
  }),
  deployment: z.object({ deployment_type: z.literal("managed"), cloud: z.string(), region: z.string() }),
});
const Upsert = z.strictObject({
  namespace: z.string().min(1),
  vectors: z
    .array(
      z.strictObject({
        id: z
          .string()
          .max(512)
          .regex(/^[\x20-\x7e]+$/),
        values: z.array(z.number()).refine((values) => values.some((value) => value !== 0), "only zeros"),
        metadata: z.record(z.string(), z.string()),
      }),
    )
    .max(1000),
});
const Deletion = z.union([
  z.strictObject({ namespace: z.string().min(1), ids: z.array(z.string()).min(1).max(1000) }),
  z.strictObject({ namespace: z.string().min(1), deleteAll: z.literal(true) }),
]);
const Query = z.strictObject({
  namespace: z.string().min(1),
  vector: z.array(z.number()),
  topK: z.int().min(1).max(1000),
  filter: z.record(
    z.string(),
    z.union([z.strictObject({ $eq: z.string() }), z.strictObject({ $in: z.array(z.string()).min(1) })]),
  ),
  includeMetadata: z.literal(true),
});

interface Index {
  readonly name: string;
  readonly creation: z.infer<typeof Creation>;
  readonly dimensions: number;
  readonly namespaces: Map<string, Points>;
}

/** Speaks what of Pinecone's REST interface is documented for indexes and vectors, as far as the adapter uses it, with all indexes on one host. */
export async function servePinecone({ key }: { key: string }): Promise<WireServer & { reset(): void }> {
  const indexes = new Map<string, Index>();
  const model = ({ name, creation }: Index, port: number) => ({
    name,
    schema: creation.schema,
    deployment: creation.deployment,
    host: `127.0.0.1:${port}/${name}`,
    status: { ready: true, state: "Ready" },
    deletion_protection: "disabled",
  });
  const find = (name = ""): Index => {
    const found = indexes.get(name);
    if (!found) throw new Refusal(404, `Resource ${name} not found`);
    return found;
  };
  const server = await serveJson(
    [
      [
        "GET",
        /^\/indexes$/,
        () => ({ indexes: [...indexes.values()].map((one) => model(one, server.port)) }),
      ],
      ["GET", /^\/indexes\/([^/]+)$/, ({ names: [name] }) => model(find(name), server.port)],
      [
        "POST",
        /^\/indexes$/,
        ({ body }) => {
          const creation = Creation.parse(body);
          if (indexes.has(creation.name)) throw new Refusal(409, "Resource already exists");
          const [field] = Object.values(creation.schema.fields);
          const index = {
            name: creation.name,
            creation,
            dimensions: field?.dimension ?? 0,
            namespaces: new Map(),
          };
          indexes.set(creation.name, index);
          return model(index, server.port);
        },
      ],
      [
        "POST",
        /^\/([^/]+)\/vectors\/upsert$/,
        ({ names: [name], body }) => {
          if (JSON.stringify(body).length > 2 * 1024 * 1024)
            throw new Refusal(413, "the request is larger than 2 MB");
          const { namespace, vectors } = Upsert.parse(body);
          const { namespaces, dimensions } = find(name);
          const points = namespaces.get(namespace) ?? new Points(dimensions);
          points.put(
            vectors.map(({ id, values, metadata }) => ({ key: id, vector: values, payload: metadata })),
          );
          namespaces.set(namespace, points);
          return { upsertedCount: vectors.length };
        },
      ],
      [
        "POST",
        /^\/([^/]+)\/vectors\/delete$/,
        ({ names: [name], body }) => {
          const deletion = Deletion.parse(body);
          const points = find(name).namespaces.get(deletion.namespace);
          if (!points) throw new Refusal(404, "Namespace not found");
          if ("deleteAll" in deletion) find(name).namespaces.delete(deletion.namespace);
          else points.delete((point) => deletion.ids.includes(point.key));
          return {};
        },
      ],
      [
        "POST",
        /^\/([^/]+)\/query$/,
        ({ names: [name], body }) => {
          const { namespace, vector, topK, filter } = Query.parse(body);
          const points = find(name).namespaces.get(namespace);
          const found = points?.nearest(vector, topK, matching(filter)) ?? [];
          return {
            matches: found.map(({ key: id, score, payload }) => ({
              id,
              score,
              values: [],
              metadata: payload,
            })),
            namespace,
            usage: { readUnits: 1 },
          };
        },
      ],
      [
        "GET",
        /^\/([^/]+)\/vectors\/fetch$/,
        ({ names: [name], query }) => {
          const namespace = query.get("namespace") ?? "";
          const points = find(name).namespaces.get(namespace);
          const found = query.getAll("ids").flatMap((id) => points?.get(id) ?? []);
          const vectors = found.map(({ key: id, vector, payload }) => [
            id,
            { id, values: [...vector], metadata: payload },
          ]);
          return { vectors: Object.fromEntries(vectors), namespace, usage: { readUnits: 1 } };
        },
      ],
    ],
    (status, message) => ({ error: { code: "INVALID_ARGUMENT", message }, status }),
    (request) => request.headers["api-key"] === key,
  );
  return { ...server, reset: () => indexes.clear() };
}

function matching(filter: z.infer<typeof Query>["filter"]) {
  return ({ payload }: StoredPoint) =>
    Object.entries(filter).every(([label, test]) => {
      const value = payload[label];
      return "$eq" in test ? value === test.$eq : test.$in.some((wanted) => wanted === value);
    });
}
