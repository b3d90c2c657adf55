import { createHash } from "node:crypto";
import { StoreError, UnsupportedError, VectorIndexError } from "../../core/errors.ts";
import { valuesOf } from "../../core/filter/values.ts";
import { SCOPE_FIELDS } from "../../core/scope.ts";
import type { StoreIndex } from "../../core/store-index.ts";
import {
  checkVector,
  hitOrder,
  type VectorIndex,
  type VectorItem,
  type VectorPosition,
  type VectorSpace,
} from "../../core/vector-index.ts";
import { asList, asText, type Reply } from "./connection/reply.ts";
import type { Server } from "./connection/server.ts";
import { tenantKey, tenantsKey } from "./keys.ts";
import type { Parts } from "./store-parts.ts";
import type { Stored } from "./values.ts";

/** How many candidates a search looks at, at least: 10 of 10,000 were found with 0.99 by 200, with 0.996 by 300. */
const LOOKED_AT = 300;

/**
 * Scopes of fewer records are compared by their own vectors: a search that must pass over nearly all of a set to find a
 * thousand records among 100,000 took half a second.
 */
const ASKED_FROM = 5000;

/** Each takes the server more than a millisecond, and all of them have one deadline. */
const ADDED_AT_ONCE = 50;

/** As many as it takes to find those that a filter leaves. */
const WHOLE_SET = "1000000000";

/**
 * Finds the nearest vectors by vector sets, one set for each tenant, quantized to bytes; what a query wants of the labels is
 * a filter inside the search.
 * @throws UnsupportedError on a server that has no vector sets.
 */
export async function openVectorSets(parts: Parts, space: VectorSpace): Promise<StoreIndex> {
  const { server, prefix } = parts;
  if (!(await hasVectorSets(server, prefix)))
    throw new UnsupportedError(`The Redis store ${server.where} has no vector sets: they come with Redis 8.`);
  return { finds: "meaning", vectors: vectorSets(parts, space) };
}

export async function hasVectorSets(server: Server, prefix: string): Promise<boolean> {
  const [known] = asList(await server.command(tenantsKey(prefix), ["COMMAND", "INFO", "VSIM"]));
  return Array.isArray(known);
}

function vectorSets({ server, prefix }: Parts, space: VectorSpace): VectorIndex {
  const name = nameOf(space);
  const setOf = (tenant: string) => tenantKey(prefix, tenant, `vectors:${name}`);
  const positionsOf = (tenant: string) => tenantKey(prefix, tenant, "vector-positions");

  /** Commands about one key, one behind the other; all may be repeated. */
  async function send(key: string, commands: readonly (readonly Stored[])[]): Promise<Reply[]> {
    try {
      return await server.whileOpen(() =>
        Promise.all(commands.map((command) => server.command(key, command))),
      );
    } catch (error) {
      throw asVectorError(error);
    }
  }

  return {
    name: "redis",
    space,
    most: 10_000,
    askedFrom: ASKED_FROM,
    async upsert(tenant, items) {
      for (const { vector } of items) checkVector(vector, space);
      const set = setOf(tenant);
      for (let from = 0; from < items.length; from += ADDED_AT_ONCE)
        await send(
          set,
          items.slice(from, from + ADDED_AT_ONCE).map((item) => [
            ...["VADD", set, "FP32", bytesOf(item.vector), item.id],
            // The search for neighbours is done beside other commands.
            ...["CAS", "Q8", "SETATTR", JSON.stringify(attributesOf(item))],
          ]),
        );
    },
    async remove(tenant, ids) {
      const set = setOf(tenant);
      await send(
        set,
        ids.map((id) => ["VREM", set, id]),
      );
    },
    async search(tenant, { vector, scope, filter, limit, signal }) {
      signal?.throwIfAborted();
      checkVector(vector, space);
      const set = setOf(tenant);
      const types = valuesOf(filter, "type")?.map(String);
      if (types?.length === 0) return [];
      const tests = SCOPE_FIELDS.flatMap((field) => {
        const label = scope[field];
        return label === null ? [] : [`.${field} == "${labelText(label)}"`];
      });
      if (types) tests.push(`.type in [${types.map((type) => `"${labelText(type)}"`).join(",")}]`);
      const lookedAt = String(Math.max(limit, LOOKED_AT));
      const [reply] = await send(set, [
        [
          ...["VSIM", set, "FP32", bytesOf(vector), "WITHSCORES", "COUNT", String(limit), "EF", lookedAt],
          ...(tests.length > 0 ? ["FILTER", tests.join(" and "), "FILTER-EF", WHOLE_SET] : []),
        ],
      ]);
      signal?.throwIfAborted();
      return toHits(asList(reply)).sort(hitOrder);
    },
    async position(tenant) {
      const key = positionsOf(tenant);
      const [kept] = await send(key, [["HGET", key, name]]);
      return kept === null || kept === undefined ? null : (JSON.parse(asText(kept)) as VectorPosition);
    },
    async setPosition(tenant, { sequence, afterRow }) {
      const key = positionsOf(tenant);
      await send(key, [["HSET", key, name, JSON.stringify({ sequence, afterRow })]]);
    },
    async clear(tenant) {
      const positions = positionsOf(tenant);
      await send(positions, [["HDEL", positions, name]]);
      const set = setOf(tenant);
      await send(set, [["UNLINK", set]]);
    },
    // The connection is the store's.
    async close() {},
  };
}

/** Names a space in keys: no two of them share a name. */
function nameOf({ embedder, dimensions }: VectorSpace): string {
  return createHash("sha256")
    .update(JSON.stringify([embedder, dimensions]))
    .digest("hex")
    .slice(0, 16);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function attributesOf(item: VectorItem): Record<string, string> {
  const labels = SCOPE_FIELDS.map((field) => [field, item[field]] as const);
  const set = labels.filter((pair): pair is [(typeof SCOPE_FIELDS)[number], string] => pair[1] !== null);
  return Object.fromEntries(
    [["type", item.type] as const, ...set].map(([name, text]) => [name, labelText(text)]),
  );
}

/** A label in characters that mean nothing in a filter. */
function labelText(label: string): string {
  return Buffer.from(label).toString("base64url");
}

/** Ids and similarities in turns; the similarity is half of the cosine plus a half. */
function toHits(reply: readonly Reply[]) {
  return Array.from({ length: reply.length / 2 }, (_, index) => ({
    id: asText(reply[2 * index]),
    // Single precision, so equal vectors may differ in the last digits.
    cosine: Math.round((2 * Number(asText(reply[2 * index + 1])) - 1) * 1e6) / 1e6,
  }));
}

function asVectorError(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  const code = error.retryable ? "vectors_unavailable" : "vectors_failed";
  return new VectorIndexError(code, error.message, { cause: error });
}
