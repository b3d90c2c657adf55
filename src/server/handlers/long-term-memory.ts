import type { NewMemory } from "../../contract/records.ts";
import { recordCodec } from "../../contract/wire.ts";
import { NotFoundError } from "../../core/errors.ts";
import type { MemoryRecord, RecordInput, RecordPatch } from "../../core/record.ts";
import type { WriteOptions } from "../../operations.ts";
import type { Call, Handlers, Surroundings } from "../call.ts";
import { compact } from "../compaction.ts";
import { Refusal } from "../errors.ts";
import { policyOf } from "../forgetting.ts";
import { scopeOfCall, wholeTenant } from "../scopes.ts";
import { searchMemories } from "../searching.ts";
import { given } from "../session-state.ts";

type Names =
  | "createMemories"
  | "searchMemories"
  | "deleteMemories"
  | "forgetMemories"
  | "compactMemories"
  | "getMemory"
  | "editMemory";

/** Long-term memory as the contract has it, sections 8 to 12. */
export function longTermMemoryHandlers(surroundings: Surroundings): Handlers<Names> {
  const { operations } = surroundings;

  return {
    async createMemories({ query, body, call }) {
      const standard = { namespace: given(query.namespace), userId: given(query.user_id) };
      // Of records with one id the last wins, as if they had been stored in turn.
      const inputs = [
        ...new Map(body.memories.map((memory) => [memory.id, toInput(memory, standard)])).values(),
      ];
      const results = await operations.add(wholeTenant(call), inputs, {
        deduplicate: body.deduplicate,
        ...writeOptions(call),
      });
      return {
        status: "ok",
        results: results.map(({ record, status }) => ({ id: record.id, status, version: record.version })),
      };
    },

    async searchMemories({ body, call }) {
      return searchMemories(surroundings, body, call);
    },

    async deleteMemories({ query, call }) {
      const deleted = await operations.delete(wholeTenant(call), query.memory_ids, {
        ...versionOption(call),
        ...writeOptions(call),
      });
      return { status: `ok, deleted ${deleted.length} memories` };
    },

    async forgetMemories({ query, body, call }) {
      const { actor, reason, confidence } = body as WriteOptions;
      const result = await operations.forget(scopeOfCall(call, query), policyOf(body.policy, query.strict), {
        dryRun: query.dry_run,
        ...forgetLimit(query),
        keep: body.pinned_ids ?? [],
        ...(actor !== undefined && { actor }),
        ...(reason !== undefined && { reason }),
        ...(confidence !== undefined && { confidence }),
        ...writeOptions(call),
      });
      return {
        scanned: result.scanned,
        deleted: result.deleted,
        deleted_ids: result.deletedIds,
        dry_run: result.dryRun,
      };
    },

    async compactMemories({ query, call }) {
      const remaining = await compact(operations, scopeOfCall(call, query), call.signal);
      return { status: `ok, ${remaining} memories remaining after compaction` };
    },

    async getMemory({ path, query, call }) {
      const [record] = await operations.get(wholeTenant(call), [path.memory_id], {
        signal: call.signal,
        ...(query.as_of !== null && { asOf: query.as_of }),
      });
      if (!record) throw memoryNotFound(path.memory_id);
      return recordAnswer(record);
    },

    async editMemory({ path, body, call }) {
      if (body.text === "") throw new Refusal(400, "Memory text cannot be empty");
      const changes = Object.entries(body)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => [name, value === "" && SCOPE_FIELDS.has(name) ? null : value]);
      if (changes.length === 0) throw new Refusal(400, "No fields provided for update");
      const patch = recordCodec.decode(Object.fromEntries(changes)) as RecordPatch;
      const record = await operations.update(wholeTenant(call), path.memory_id, patch, {
        ...versionOption(call),
        ...writeOptions(call),
      });
      return recordAnswer(record);
    },
  };
}

/** How many records the contract looks at; whoever reads strictly means all of them unless it says so. */
const FORGET_LIMIT = 1000;

function forgetLimit({ limit, strict }: { limit?: number | undefined; strict: boolean }): { limit?: number } {
  if (limit !== undefined) return { limit };
  return strict ? {} : { limit: FORGET_LIMIT };
}

function memoryNotFound(id: string): NotFoundError {
  return new NotFoundError("record_not_found", `Memory with ID ${id} not found`, { details: { id } });
}

export function recordAnswer(record: MemoryRecord): Response {
  return Response.json(recordCodec.encode(record), { headers: { etag: `"${record.version}"` } });
}

export function writeOptions(call: Call): { idempotencyKey?: string } {
  return call.idempotencyKey === undefined ? {} : { idempotencyKey: call.idempotencyKey };
}

export function versionOption(call: Call): { expectedVersion?: number } {
  return call.expectedVersion === undefined ? {} : { expectedVersion: call.expectedVersion };
}

/** Fields that a client may send but not decide. */
const SERVER_FIELDS = new Set(["memory_hash", "persisted_at"]);
const SCOPE_FIELDS = new Set(["namespace", "user_id", "session_id", "agent_id", "speaker"]);

function toInput(
  memory: NewMemory,
  standard: { readonly namespace: string | null; readonly userId: string | null },
): RecordInput {
  const set = Object.entries(memory).filter(
    ([name, value]) => value != null && !SERVER_FIELDS.has(name) && !(value === "" && SCOPE_FIELDS.has(name)),
  );
  return {
    ...(standard.namespace !== null && { namespace: standard.namespace }),
    ...(standard.userId !== null && { userId: standard.userId }),
    ...(recordCodec.decode(Object.fromEntries(set)) as RecordInput),
  };
}
