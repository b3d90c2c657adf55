import { z } from "zod";
import { Refusal, serveJson, type WireServer } from "./http.ts";
import { Points, type StoredPoint } from "./points.ts";

const Uuid = z.uuid();
const Filter = z.strictObject({
  must: z.array(
    z.strictObject({
      key: z.string(),
      match: z.union([
        z.strictObject({ value: z.string() }),
        z.strictObject({ any: z.array(z.string()).min(1) }),
      ]),
    }),
  ),
});
const Upsert = z.strictObject({
  points: z.array(
    z.strictObject({
      id: Uuid,
      vector: z.array(z.number()),
      payload: z.record(z.string(), z.string()),
    }),
  ),
});
const Deletion = z.union([z.strictObject({ points: z.array(Uuid) }), z.strictObject({ filter: Filter })]);
const Query = z.strictObject({
  query: z.array(z.number()),
  filter: Filter,
  limit: z.int().min(1),
  with_payload: z.array(z.string()),
});
const Creation = z.strictObject({
  vectors: z.strictObject({ size: z.int().min(1).max(65_536), distance: z.literal("Cosine") }),
});
const PayloadIndex = z.strictObject({
  field_name: z.string(),
  field_schema: z.union([
    z.literal("keyword"),
    z.strictObject({ type: z.literal("keyword"), is_tenant: z.literal(true) }),
  ]),
});

/** Speaks what of Qdrant's REST interface is documented for collections and points, as far as the adapter uses it. */
export async function serveQdrant({ key }: { key: string }): Promise<WireServer & { reset(): void }> {
  const collections = new Map<string, Points>();
  const find = (name = ""): Points => {
    const found = collections.get(name);
    if (!found) throw new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`);
    return found;
  };
  const ok = (result: unknown) => ({ result, status: "ok", time: 0 });
  const waited = (query: URLSearchParams) => {
    if (query.get("wait") !== "true") throw new Refusal(400, "this write does not wait for its effect");
    return ok({ operation_id: 1, status: "completed" });
  };
  const server = await serveJson(
    [
      [
        "GET",
        /^\/collections\/([^/]+)\/exists$/,
        ({ names: [name = ""] }) => ok({ exists: collections.has(name) }),
      ],
      [
        "PUT",
        /^\/collections\/([^/]+)$/,
        ({ names: [name = ""], body }) => {
          if (collections.has(name)) throw new Refusal(409, `Collection \`${name}\` already exists!`);
          collections.set(name, new Points(Creation.parse(body).vectors.size));
          return ok(true);
        },
      ],
      [
        "PUT",
        /^\/collections\/([^/]+)\/index$/,
        ({ names: [name], body, query }) => {
          find(name);
          PayloadIndex.parse(body);
          return waited(query);
        },
      ],
      [
        "PUT",
        /^\/collections\/([^/]+)\/points$/,
        ({ names: [name], body, query }) => {
          const { points } = Upsert.parse(body);
          find(name).put(points.map(({ id, vector, payload }) => ({ key: id, vector, payload })));
          return waited(query);
        },
      ],
      [
        "POST",
        /^\/collections\/([^/]+)\/points\/delete$/,
        ({ names: [name], body, query }) => {
          const deletion = Deletion.parse(body);
          const keys = new Set("points" in deletion ? deletion.points : []);
          find(name).delete(
            "points" in deletion ? (point) => keys.has(point.key) : matching(deletion.filter),
          );
          return waited(query);
        },
      ],
      [
        "POST",
        /^\/collections\/([^/]+)\/points\/query$/,
        ({ names: [name], body }) => {
          const { query, limit, filter, with_payload } = Query.parse(body);
          const points = find(name).nearest(query, limit, matching(filter));
          return ok({
            points: points.map(({ key: id, score, payload }) => ({
              id,
              version: 1,
              score,
              payload: Object.fromEntries(with_payload.map((label) => [label, payload[label]])),
            })),
          });
        },
      ],
      [
        "POST",
        /^\/collections\/([^/]+)\/points$/,
        ({ names: [name], body }) => {
          const { ids } = z.strictObject({ ids: z.array(Uuid), with_payload: z.literal(true) }).parse(body);
          const found = ids.flatMap((id) => find(name).get(id) ?? []);
          return ok(found.map(({ key: id, payload }) => ({ id, payload })));
        },
      ],
    ],
    (_, error) => ({ status: { error }, time: 0 }),
    (request) => request.headers["api-key"] === key,
  );
  return { ...server, reset: () => collections.clear() };
}

function matching({ must }: z.infer<typeof Filter>) {
  return ({ payload }: StoredPoint) =>
    must.every(({ key, match }) => {
      const value = payload[key];
      return "value" in match ? value === match.value : match.any.some((wanted) => wanted === value);
    });
}
