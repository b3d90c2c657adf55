import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type CallContext, createServer, ServerError, Status } from "nice-grpc";
import { z } from "zod";
import { freePort } from "../../servers/process.ts";
import { Refusal, serveJson } from "./http.ts";
import { Points, type StoredPoint } from "./points.ts";

// The package does not export the types of its protocol.
// biome-ignore lint/suspicious/noExplicitAny: there are no types
type Definition = any;

/** The interface as the client's own package defines it. */
const PROTOCOL = pathToFileURL(resolve("node_modules/weaviate-client/dist/node/esm/proto")).href;
const { WeaviateDefinition } = (await import(`${PROTOCOL}/v1/weaviate.js`)) as {
  WeaviateDefinition: Definition;
};
const { HealthDefinition } = (await import(`${PROTOCOL}/google/health/v1/health.js`)) as {
  HealthDefinition: Definition;
};
const SERVING = 1;
const [EQUAL, AND, CONTAINS_ANY] = [1, 7, 12];

const Creation = z.object({
  class: z.string().regex(/^[A-Z][A-Za-z0-9_]*$/),
  properties: z.array(
    z.object({
      name: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .refine((name) => name !== "id", "is reserved"),
      dataType: z.tuple([z.literal("text")]),
      tokenization: z.literal("field"),
      indexFilterable: z.literal(true),
    }),
  ),
  vectorConfig: z.strictObject({
    default: z.object({
      vectorizer: z.strictObject({ none: z.object({}) }),
      vectorIndexType: z.literal("hnsw").optional(),
      vectorIndexConfig: z.object({ distance: z.literal("cosine") }),
    }),
  }),
});

interface Filter {
  readonly operator: number;
  readonly filters: readonly Filter[];
  readonly valueText?: string;
  readonly valueTextArray?: { readonly values: readonly string[] };
  readonly target?: { readonly property?: string };
}

interface Vectors {
  readonly vectorBytes: Uint8Array;
}

interface Collection {
  /** Known with the first vector. */
  points: Points | null;
  readonly properties: ReadonlySet<string>;
}

/** Speaks what of Weaviate's REST and gRPC interfaces is documented for collections and objects, as far as the adapter uses it. */
export async function serveWeaviate({ key }: { key: string }) {
  const collections = new Map<string, Collection>();
  const find = (name: string): Collection => {
    const found = collections.get(name);
    if (!found) throw new ServerError(Status.NOT_FOUND, `could not find class ${name} in schema`);
    return found;
  };
  const http = await serveJson(
    [
      ["GET", /^\/v1\/meta$/, () => ({ hostname: "http://[::]:8080", version: "1.33.1", modules: {} })],
      [
        "GET",
        /^\/v1\/schema$/,
        () => ({ classes: [...collections.keys()].map((name) => ({ class: name })) }),
      ],
      [
        "GET",
        /^\/v1\/schema\/([^/]+)$/,
        ({ names: [name = ""] }) => {
          if (!collections.has(name)) throw new Refusal(404, "not found");
          return { class: name };
        },
      ],
      [
        "POST",
        /^\/v1\/schema$/,
        ({ body }) => {
          const creation = Creation.parse(body);
          if (collections.has(creation.class))
            throw new Refusal(422, `class name ${creation.class} already exists`);
          const properties = new Set(creation.properties.map(({ name }) => name));
          collections.set(creation.class, { points: null, properties });
          return creation;
        },
      ],
    ],
    (_, message) => ({ error: [{ message }] }),
    (request) => request.headers.authorization === `Bearer ${key}`,
  );

  const admit = ({ metadata }: CallContext) => {
    if (metadata.get("authorization") !== `Bearer ${key}`)
      throw new ServerError(Status.UNAUTHENTICATED, "there is no such key");
  };
  const grpc = createServer({ "grpc.max_receive_message_length": 100 * 1024 * 1024 });
  grpc.add(HealthDefinition, {
    check: async () => ({ status: SERVING }),
    async *watch() {
      yield { status: SERVING };
    },
  });
  const refused = async () => {
    throw new ServerError(Status.UNIMPLEMENTED, "nobody uses this call");
  };
  const calls = {
    batchReferences: refused,
    tenantsGet: refused,
    aggregate: refused,
    // biome-ignore lint/correctness/useYield: it is refused
    async *batchStream() {
      await refused();
    },
    async batchObjects(request: { objects: BatchObject[] }, context: CallContext) {
      admit(context);
      const errors = request.objects.flatMap((object, index) => {
        try {
          const collection = find(object.collection);
          const vector = [...floats(object.vectors[0]?.vectorBytes ?? object.vectorBytes)];
          collection.points ??= new Points(vector.length);
          collection.points.put([
            { key: z.uuid().parse(object.uuid), vector, payload: textsOf(object, collection) },
          ]);
          return [];
        } catch (error) {
          return [{ index, error: (error as Error).message }];
        }
      });
      return { took: 0, errors };
    },
    async batchDelete(request: { collection: string; filters?: Filter }, context: CallContext) {
      admit(context);
      const { points, properties } = find(request.collection);
      let matches = 0;
      const which = matching(request.filters, properties);
      points?.delete((point) => {
        const hit = which(point);
        if (hit) matches++;
        return hit;
      });
      return { took: 0, failed: 0, matches, successful: matches, objects: [] };
    },
    async search(request: Search, context: CallContext) {
      admit(context);
      const { points, properties } = find(request.collection);
      const which = matching(request.filters, properties);
      if (request.nearVector) {
        if (request.limit < 1 || request.limit > 10_000)
          throw new ServerError(Status.INVALID_ARGUMENT, "query maximum results exceeded");
        const { vectors, vectorBytes } = request.nearVector;
        const vector = [...floats(vectors[0]?.vectorBytes ?? vectorBytes)];
        return {
          took: 0,
          results: (points?.nearest(vector, request.limit, which) ?? []).map(resultOf(request)),
        };
      }
      const found = points?.all(which) ?? [];
      return { took: 0, results: found.map((point) => resultOf(request)({ ...point, score: 1 })) };
    },
  };
  grpc.add(WeaviateDefinition, calls as Definition);
  const grpcPort = await grpc.listen(`127.0.0.1:${await freePort()}`);
  return {
    port: http.port,
    grpcPort,
    reset: () => collections.clear(),
    async close() {
      grpc.forceShutdown();
      await http.close();
    },
  };
}

interface BatchObject {
  readonly uuid: string;
  readonly collection: string;
  readonly vectorBytes: Uint8Array;
  readonly vectors: readonly Vectors[];
  readonly properties?: { readonly nonRefProperties?: Readonly<Record<string, unknown>> };
}

interface Search {
  readonly collection: string;
  readonly limit: number;
  readonly filters?: Filter;
  readonly nearVector?: { readonly vectorBytes: Uint8Array; readonly vectors: readonly Vectors[] };
  readonly properties?: { readonly nonRefProperties: readonly string[] };
}

function textsOf({ properties }: BatchObject, { properties: known }: Collection): Record<string, string> {
  const entries = Object.entries(properties?.nonRefProperties ?? {}).map(([name, value]) => {
    if (!known.has(name)) throw new Error(`no such prop with name '${name}' found in class`);
    return [name, z.string().parse(value)];
  });
  return Object.fromEntries(entries);
}

function resultOf({ properties }: Search) {
  return ({ key, payload, score }: StoredPoint & { score: number }) => {
    const names = properties?.nonRefProperties ?? [];
    const fields = names
      .filter((name) => name in payload)
      .map((name) => [name, { textValue: payload[name] }]);
    return {
      metadata: { id: key, distance: 1 - score, distancePresent: true },
      properties: { nonRefProps: { fields: Object.fromEntries(fields) } },
    };
  };
}

/** Property values are compared as Weaviate's tokenization `field` leaves them: without white space at the ends. */
function matching(filter: Filter | undefined, known: ReadonlySet<string>): (point: StoredPoint) => boolean {
  if (!filter) return () => true;
  if (filter.operator === AND) {
    const parts = filter.filters.map((part) => matching(part, known));
    return (point) => parts.every((holds) => holds(point));
  }
  const property = filter.target?.property ?? "";
  if (property !== "_id" && !known.has(property))
    throw new ServerError(Status.INVALID_ARGUMENT, `no such prop with name '${property}'`);
  const wanted = filter.operator === EQUAL ? [filter.valueText] : filter.valueTextArray?.values;
  if ((filter.operator !== EQUAL && filter.operator !== CONTAINS_ANY) || wanted?.[0] === undefined)
    throw new ServerError(Status.INVALID_ARGUMENT, "the filter has no value that fits");
  const tokens = new Set(wanted.map((value) => value?.trim()));
  return ({ key, payload }) =>
    tokens.has(property === "_id" ? key : (payload[property] as string | undefined)?.trim());
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
