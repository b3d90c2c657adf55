import {
  addResultCodec,
  listOptionsCodec,
  recordCodec,
  recordPageCodec,
  searchOptionsCodec,
  searchResultCodec,
  versionCodec,
  writeOptionsCodec,
} from "../../contract/wire.ts";
import type { RecordInput, RecordPatch } from "../../core/record.ts";
import type {
  AddOptions,
  DeleteOptions,
  ListOptions,
  ReadOptions,
  SearchOptions,
  UpdateOptions,
} from "../../operations.ts";
import type { Handlers, Surroundings } from "../call.ts";
import { scopeOfCall } from "../scopes.ts";
import { recordAnswer, versionOption, writeOptions } from "./long-term-memory.ts";

type Names =
  | "addRecords"
  | "getRecords"
  | "listRecords"
  | "recallRecords"
  | "updateRecord"
  | "deleteRecords"
  | "recordHistory";

/** Long-term memory as the library has it: each member of `MemoryOperations` on records, without loss. */
export function recordHandlers({ operations }: Surroundings): Handlers<Names> {
  return {
    async addRecords({ body, call }) {
      const { scope, memories, ...rest } = body;
      const inputs = memories.map((memory) => recordCodec.decode(memory) as RecordInput);
      const options = writeOptionsCodec.decode(rest) as AddOptions;
      const results = await operations.add(scopeOfCall(call, scope), inputs, {
        ...options,
        ...writeOptions(call),
      });
      return { results: results.map((result) => addResultCodec.encode(result)) };
    },

    async getRecords({ body, call }) {
      const { scope, ids, as_of } = body;
      const records = await operations.get(scopeOfCall(call, scope), ids as string[], {
        signal: call.signal,
        ...(as_of !== undefined && { asOf: as_of as NonNullable<ReadOptions["asOf"]> }),
      });
      return { memories: records.map((record) => recordCodec.encode(record)) };
    },

    async listRecords({ body, call }) {
      const { scope, ...rest } = body;
      const options = listOptionsCodec.decode(rest) as ListOptions;
      const page = await operations.list(scopeOfCall(call, scope), { ...options, signal: call.signal });
      return recordPageCodec.encode(page) as object;
    },

    async recallRecords({ body, call }) {
      const { scope, text, ...rest } = body;
      const options = searchOptionsCodec.decode(rest) as SearchOptions;
      const result = await operations.search(scopeOfCall(call, scope), text as string, {
        ...options,
        signal: call.signal,
      });
      return searchResultCodec.encode(result) as object;
    },

    async updateRecord({ body, call }) {
      const { scope, id, patch, ...rest } = body;
      const options = writeOptionsCodec.decode(rest) as UpdateOptions;
      const change = recordCodec.decode(patch) as RecordPatch;
      const record = await operations.update(scopeOfCall(call, scope), id as string, change, {
        ...options,
        ...versionOption(call),
        ...writeOptions(call),
      });
      return recordAnswer(record);
    },

    async deleteRecords({ body, call }) {
      const { scope, ids, ...rest } = body;
      const options = writeOptionsCodec.decode(rest) as DeleteOptions;
      const deleted = await operations.delete(scopeOfCall(call, scope), ids as string[], {
        ...options,
        ...versionOption(call),
        ...writeOptions(call),
      });
      return { deleted };
    },

    async recordHistory({ path, query, call }) {
      const versions = await operations.history(scopeOfCall(call, query), path.memory_id, {
        signal: call.signal,
      });
      return { versions: versions.map((version) => versionCodec.encode(version)) };
    },
  };
}
