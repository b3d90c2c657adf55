import { z } from "zod";
import { serveJson, type WireServer } from "./http.ts";
import { Points, type StoredPoint } from "./points.ts";

const Named = z.strictObject({ dbName: z.string(), collectionName: z.string() });
const Text = z.strictObject({
  fieldName: z.string(),
  dataType: z.literal("VarChar"),
  isPrimary: z.boolean().optional(),
  elementTypeParams: z.strictObject({ max_length: z.int().min(1).max(65_535) }),
});
const Vector = z.strictObject({
  fieldName: z.string(),
  dataType: z.literal("FloatVector"),
  elementTypeParams: z.strictObject({ dim: z.int().min(2).max(32_768) }),
});
const Creation = Named.extend({
  // The client adds these, which matter only without a schema.
  metricType: z.string(),
  primaryFieldName: z.string(),
  vectorFieldName: z.string(),
  schema: z.strictObject({
    fields: z.array(z.discriminatedUnion("dataType", [Text, Vector])),
  }),
  indexParams: z.array(
    z.strictObject({ fieldName: z.string(), indexName: z.string(), metricType: z.literal("COSINE") }),
  ),
  params: z.strictObject({ consistencyLevel: z.literal("Strong") }),
});
const Value = z.union([z.string(), z.array(z.string())]);
const Filtered = Named.extend({ filter: z.string().min(1), exprParams: z.record(z.string(), Value) });
const Search = Filtered.extend({
  data: z.tuple([z.array(z.number())]),
  annsField: z.string(),
  limit: z.int().min(1).max(16_384),
  outputFields: z.array(z.string()),
  searchParams: z.strictObject({ metricType: z.literal("COSINE") }),
});
const Get = Named.extend({ id: z.array(z.string()), outputFields: z.array(z.string()) });
const Upsert = Named.extend({ data: z.array(z.record(z.string(), z.unknown())) });

interface Collection {
  readonly points: Points;
  readonly texts: ReadonlyMap<string, number>;
  readonly primary: string;
  readonly vector: string;
}

/** Speaks what of version 2 of Milvus's REST interface is documented for collections and entities, as far as the adapter uses it. */
export async function serveMilvus({ token }: { token: string }): Promise<WireServer & { reset(): void }> {
  const collections = new Map<string, Collection>();
  const find = (name: string): Collection => {
    const found = collections.get(name);
    if (!found) throw new Error(`can't find collection[collection=${name}]`);
    return found;
  };
  const ok = (data: unknown) => ({ code: 0, data });
  const post = <Body>(path: string, schema: z.ZodType<Body>, answer: (body: Body) => unknown) =>
    [
      "POST",
      new RegExp(`^/v2/vectordb/${path}$`),
      ({ body }: { body: unknown }) => {
        // Milvus says what is wrong with an input in an answer of its own, with status 200.
        const parsed = schema.safeParse(body);
        if (!parsed.success) return { code: 1801, message: z.prettifyError(parsed.error) };
        try {
          return answer(parsed.data);
        } catch (error) {
          return { code: 1100, message: (error as Error).message };
        }
      },
    ] as const;
  const server = await serveJson(
    [
      post("collections/has", Named, ({ collectionName }) => ok({ has: collections.has(collectionName) })),
      post("collections/create", Creation, ({ collectionName, schema }) => {
        const texts = schema.fields.filter((field) => field.dataType === "VarChar");
        const vector = schema.fields.find((field) => field.dataType === "FloatVector");
        const primary = texts.find((field) => field.isPrimary)?.fieldName;
        if (!vector || !primary) throw new Error("a collection needs a primary key and a vector");
        collections.set(collectionName, {
          points: new Points(vector.elementTypeParams.dim),
          texts: new Map(
            texts.map(({ fieldName, elementTypeParams }) => [fieldName, elementTypeParams.max_length]),
          ),
          primary,
          vector: vector.fieldName,
        });
        return ok({});
      }),
      post("entities/upsert", Upsert, ({ collectionName, data }) => {
        const { points, texts, primary, vector } = find(collectionName);
        const rows = data.map((row) => {
          for (const name of Object.keys(row))
            if (name !== vector && !texts.has(name)) throw new Error(`there is no field ${name}`);
          for (const [name, most] of texts) {
            const value = row[name];
            if (typeof value !== "string") throw new Error(`the field ${name} has no value`);
            if (Buffer.byteLength(value) > most) throw new Error(`the field ${name} is longer than ${most}`);
          }
          const { [vector]: numbers, ...payload } = row;
          return { key: row[primary] as string, vector: z.array(z.number()).parse(numbers), payload };
        });
        points.put(rows);
        return ok({ upsertCount: rows.length, upsertIds: rows.map(({ key }) => key) });
      }),
      post("entities/delete", Filtered, ({ collectionName, filter, exprParams }) => {
        find(collectionName).points.delete(matching(filter, exprParams));
        return ok({});
      }),
      post("entities/search", Search, ({ collectionName, data, annsField, limit, filter, exprParams }) => {
        const { points, vector } = find(collectionName);
        if (annsField !== vector) throw new Error(`there is no vector field ${annsField}`);
        const found = points.nearest(data[0], limit, matching(filter, exprParams));
        return ok(found.map(({ score, payload }) => ({ ...payload, distance: score })));
      }),
      post("entities/get", Get, ({ collectionName, id }) => {
        const { points } = find(collectionName);
        return ok(id.flatMap((key) => points.get(key)?.payload ?? []));
      }),
    ],
    (status, message) => ({ code: status, message }),
    (request) => request.headers.authorization === `Bearer ${token}`,
  );
  return { ...server, reset: () => collections.clear() };
}

/** Of the filter language: comparisons with templates, joined by `and`. */
function matching(filter: string, values: Readonly<Record<string, string | string[]>>) {
  const parts = filter.split(" and ").map((part) => {
    const [, field = "", operator, name = ""] = /^(\w+) (==|in) \{(\w+)\}$/.exec(part) ?? [];
    const value = values[name];
    const fits = operator === "in" ? Array.isArray(value) : operator === "==" && typeof value === "string";
    if (value === undefined || !fits) throw new Error(`cannot parse expression: ${filter}`);
    return { field, wanted: [value].flat() };
  });
  return ({ payload }: StoredPoint) =>
    parts.every(({ field, wanted }) => wanted.some((value) => value === payload[field]));
}
