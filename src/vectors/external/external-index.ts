import { valuesOf } from "../../core/filter/values.ts";
import { SCOPE_FIELDS } from "../../core/scope.ts";
import {
  checkVector,
  hitOrder,
  type VectorIndex,
  type VectorItem,
  type VectorPosition,
  type VectorSpace,
} from "../../core/vector-index.ts";
import type { Engine, EngineTraits, LabelName, Labels, Point } from "./engine.ts";
import { asVectorIndexError, wasCut } from "./failures.ts";
import { itemKey, positionKey } from "./names.ts";

/** Bytes of JSON that a number of a vector takes at most. */
const NUMBER_BYTES = 22;

/**
 * Makes a vector index of an engine. The engine is reached at the first call, so a memory opens while its vector database is
 * away.
 */
export function createExternalIndex(
  traits: EngineTraits,
  space: VectorSpace,
  connect: () => Promise<Engine>,
): VectorIndex {
  let connecting: Promise<Engine> | null = null;

  return {
    name: traits.name,
    space,
    most: traits.most,
    async upsert(tenant, items) {
      for (const { vector } of items) checkVector(vector, space);
      const points = items.map((item) => pointOf(tenant, item));
      for (const batch of batchesOf(points)) await use((engine) => engine.put(tenant, batch));
    },
    async remove(tenant, ids) {
      const keys = ids.map((id) => itemKey(tenant, id));
      for (let from = 0; from < keys.length; from += traits.points)
        await use((engine) => engine.delete(tenant, keys.slice(from, from + traits.points)));
    },
    async search(tenant, { vector, scope, filter, limit, signal }) {
      signal?.throwIfAborted();
      checkVector(vector, space);
      const labels = SCOPE_FIELDS.flatMap((field) => {
        const label = scope[field];
        return label === null ? [] : [[field, label] as const];
      });
      const equals: (readonly [LabelName, string])[] = [["tenant", tenant], ...labels];
      const types = valuesOf(filter, "type")?.map(String) ?? null;
      if (types?.length === 0) return [];
      const query = { vector, equals, types, limit, ...(signal && { signal }) };
      const hits = await use((engine) => engine.search(tenant, query), signal);
      return hits.map(({ id, cosine }) => ({ id, cosine: rounded(cosine) })).sort(hitOrder);
    },
    async position(tenant) {
      const text = await use((engine) => engine.position(tenant, positionKey(tenant)));
      return text === null ? null : readPosition(text);
    },
    async setPosition(tenant, { sequence, afterRow }) {
      // Without the label of a tenant no search finds it. Its vector is not looked at, but some engines refuse the zero one.
      const vector = new Float32Array(space.dimensions);
      vector[0] = 1;
      const position = `${sequence}/${afterRow ?? ""}`;
      const point = { key: positionKey(tenant), vector, labels: { position } };
      await use((engine) => engine.put(tenant, [point]));
    },
    async clear(tenant) {
      await use(async (engine) => {
        await engine.delete(tenant, [positionKey(tenant)]);
        await engine.clear(tenant);
      });
    },
    async close() {
      const engine = await connecting?.catch(() => null);
      connecting = null;
      await engine?.close();
    },
  };

  async function use<Result>(
    call: (engine: Engine) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    try {
      connecting ??= connect();
      const engine = await connecting.catch((error) => {
        connecting = null;
        throw error;
      });
      // Every call may be made twice: it says what should be, not what should change.
      const once = () => givenUp(call(engine), signal);
      return await once().catch((error) => {
        if (!wasCut(error)) throw error;
        return once();
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw asVectorIndexError(traits.name, error);
    }
  }

  function* batchesOf(points: readonly Point[]): Iterable<Point[]> {
    let batch: Point[] = [];
    let bytes = 0;
    for (const point of points) {
      const size = JSON.stringify(point.labels).length * 3 + space.dimensions * NUMBER_BYTES + 100;
      if (batch.length > 0 && (batch.length >= traits.points || bytes + size > traits.bytes)) {
        yield batch;
        [batch, bytes] = [[], 0];
      }
      batch.push(point);
      bytes += size;
    }
    if (batch.length > 0) yield batch;
  }
}

function pointOf(tenant: string, item: VectorItem): Point {
  const { id, type, vector } = item;
  const labels: Record<string, string> = { tenant, id, type };
  for (const field of SCOPE_FIELDS) {
    const label = item[field];
    if (label !== null) labels[field] = label;
  }
  return { key: itemKey(tenant, id), vector, labels: labels as Labels };
}

function readPosition(text: string): VectorPosition {
  const [sequence = "", afterRow = ""] = text.split("/");
  return { sequence: Number(sequence), afterRow: afterRow === "" ? null : Number(afterRow) };
}

/** Engines sum in single precision, so equal vectors may differ in the last digits. */
function rounded(cosine: number): number {
  return Math.round(cosine * 1e6) / 1e6;
}

/** Rejects with the signal's reason as soon as it is aborted, whatever the client does about it. */
function givenUp<Result>(call: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  if (!signal) return call;
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    signal.addEventListener("abort", give, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
