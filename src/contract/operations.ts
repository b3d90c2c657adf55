import { z } from "zod";
import * as jobs from "./jobs.ts";
import { flag, integer, jsonObject, nullish } from "./lax.ts";
import * as native from "./native.ts";
import { memory, memoryEdit, memoryVersion, newMemory } from "./records.ts";
import type { RouteName } from "./routes.ts";
import { promptRequest, promptResponse, searchRequest, searchResults } from "./searching.ts";
import { receipt, sessionState, sessionSummary, sessionUpdate, workingMemory } from "./sessions.ts";
import * as views from "./views.ts";

/** One operation of the HTTP interface: everything the server, its documentation and the client know about it. */
export interface Operation {
  readonly tag:
    | "health"
    | "working memory"
    | "long-term memory"
    | "prompt"
    | "changes"
    | "summary views"
    | "jobs";
  readonly summary: string;
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** What a successful answer, always status 200, holds. */
  readonly response: z.ZodType;
  /** Shows what belongs to every tenant, so a credential of one tenant is not enough. */
  readonly everyTenant?: true;
  /** Open even when credentials are asked for. */
  readonly open?: true;
}

const id = z.string();
const sessionPath = z.object({ session_id: id });
const viewPath = z.object({ view_id: id });
const memoryPath = z.object({ memory_id: id });
const listPath = z.object({ session_id: id, list: id });
const ack = z.object({ status: z.string() });
const optimize = z.object({ optimize_query: flag().default(false) });
const scoped = z.object({ namespace: nullish(z.string()), user_id: nullish(z.string()) });
const exactly = flag().default(false).describe("Take namespace and user_id to the letter; look no further.");
const alive = z.object({ status: z.literal("ok") });

export const OPERATIONS = {
  health: {
    tag: "health",
    summary: "The server's time in milliseconds",
    response: z.object({ now: z.int() }),
    open: true,
  },
  live: { tag: "health", summary: "Whether the process runs", response: alive, open: true },
  ready: { tag: "health", summary: "Whether the memory can be read", response: alive, open: true },

  listSessions: {
    tag: "working memory",
    summary: "Ids of the sessions of a namespace and user",
    query: scoped.extend({
      limit: integer({ min: 1, max: 100 }).default(20),
      offset: integer({ min: 0 }).default(0),
    }),
    response: z.object({ sessions: z.array(z.string()), total: z.int() }),
  },
  getSession: {
    tag: "working memory",
    summary: "A session, cut to a model's window if one is named",
    path: sessionPath,
    query: scoped.extend({
      model_name: nullish(z.string()),
      context_window_max: nullish(integer()),
      recent_messages_limit: nullish(integer()),
      exact: exactly,
    }),
    response: workingMemory,
  },
  putSession: {
    tag: "working memory",
    summary: "Replace the whole state of a session and promote its memories",
    path: sessionPath,
    query: scoped.extend({ model_name: nullish(z.string()), context_window_max: nullish(integer()) }),
    body: sessionUpdate,
    response: workingMemory,
  },
  deleteSession: {
    tag: "working memory",
    summary: "End a session",
    path: sessionPath,
    query: scoped.extend({ exact: exactly }),
    response: ack.extend({ deleted: z.boolean() }),
  },

  createMemories: {
    tag: "long-term memory",
    summary: "Store records",
    query: scoped,
    body: z.object({ memories: z.array(newMemory), deduplicate: flag().default(true) }),
    response: ack.extend({
      results: z.array(z.object({ id: z.string(), status: z.string(), version: z.int() })),
    }),
  },
  searchMemories: {
    tag: "long-term memory",
    summary: "Search by meaning, words or both; without text: list",
    query: optimize,
    body: searchRequest,
    response: searchResults,
  },
  deleteMemories: {
    tag: "long-term memory",
    summary: "Delete records by id",
    query: z.object({ memory_ids: z.array(z.string()).default([]) }),
    response: ack,
  },
  forgetMemories: {
    tag: "long-term memory",
    summary: "Forget stale records by a policy; tells only what would go unless dry_run is false",
    query: native.scopeQuery.extend({
      limit: integer()
        .optional()
        .describe("Looks at so many records, the oldest first. Default 1000; with strict, all of them."),
      dry_run: flag().default(true),
      strict: flag()
        .default(false)
        .describe("Refuse policy values of a wrong type instead of ignoring them."),
    }),
    body: z.object({
      policy: jsonObject(),
      pinned_ids: nullish(z.array(z.string())),
      ...native.note,
    }),
    response: z.object({
      scanned: z.int(),
      deleted: z.int(),
      deleted_ids: z.array(z.string()),
      dry_run: z.boolean(),
    }),
  },
  compactMemories: {
    tag: "long-term memory",
    summary: "Remove exact duplicates, keeping the most recently used",
    query: scoped,
    response: ack,
  },
  getMemory: {
    tag: "long-term memory",
    summary: "A record",
    path: memoryPath,
    query: z.object({ as_of: nullish(z.string()).describe("As it was known at this instant.") }),
    response: memory,
  },
  editMemory: {
    tag: "long-term memory",
    summary: "Change fields of a record; null leaves a field alone",
    path: memoryPath,
    body: memoryEdit,
    response: memory,
  },
  memoryPrompt: {
    tag: "prompt",
    summary: "Messages for a model: summary, conversation, memories and the query",
    query: optimize,
    body: promptRequest,
    response: promptResponse,
  },
  createView: {
    tag: "summary views",
    summary: "Define a view: which records are summarized, and by what they are grouped",
    body: views.newView,
    response: views.view,
  },
  listViews: { tag: "summary views", summary: "All views", response: z.array(views.view) },
  getView: { tag: "summary views", summary: "A view", path: viewPath, response: views.view },
  deleteView: {
    tag: "summary views",
    summary: "Delete a view and what was computed for it",
    path: viewPath,
    response: ack,
  },
  runPartition: {
    tag: "summary views",
    summary: "Compute and keep one group of a view",
    path: viewPath,
    body: views.partitionBody,
    response: views.partition,
  },
  listPartitions: {
    tag: "summary views",
    summary: "What was computed for a view",
    path: viewPath,
    query: views.partitionQuery,
    response: z.array(views.partition),
  },
  runView: {
    tag: "summary views",
    summary: "Compute all groups of a view in the background",
    path: viewPath,
    body: views.runBody,
    response: views.task,
  },
  getTask: {
    tag: "summary views",
    summary: "How far a background run is",
    path: z.object({ task_id: id }),
    response: views.task,
  },

  addRecords: {
    tag: "long-term memory",
    summary: "Add records in one atomic write",
    body: native.addBody,
    response: native.addAnswer,
  },
  getRecords: {
    tag: "long-term memory",
    summary: "Records by id, in the order asked",
    body: native.getBody,
    response: native.getAnswer,
  },
  listRecords: {
    tag: "long-term memory",
    summary: "A page of records under any filter",
    body: native.listBody,
    response: native.listAnswer,
  },
  recallRecords: {
    tag: "long-term memory",
    summary: "Find records for a text, best first, with scores in [0, 1]",
    body: native.recallBody,
    response: native.recallAnswer,
  },
  updateRecord: {
    tag: "long-term memory",
    summary: "Change fields of a record; null clears a field",
    body: native.updateBody,
    response: memory,
  },
  deleteRecords: {
    tag: "long-term memory",
    summary: "Delete or erase records of a scope",
    body: native.deleteBody,
    response: native.deleteAnswer,
  },
  recordHistory: {
    tag: "long-term memory",
    summary: "Every version of a record, oldest first",
    path: memoryPath,
    query: native.scopeQuery,
    response: z.object({ versions: z.array(memoryVersion) }),
  },
  changes: {
    tag: "changes",
    summary: "What changed after a sequence number; as a stream when text/event-stream is accepted",
    query: native.changesQuery,
    response: z.object({ changes: z.array(native.change), sequence: z.int() }),
  },

  findSessions: {
    tag: "working memory",
    summary: "Sessions with their scope, size and times",
    query: scoped.extend({
      limit: integer({ min: 1, max: 1000 }).default(100),
      offset: integer({ min: 0 }).default(0),
    }),
    response: z.object({ sessions: z.array(sessionSummary), total: z.int() }),
  },
  readSession: {
    tag: "working memory",
    summary: "Everything kept of exactly this session, or null",
    path: sessionPath,
    query: scoped.extend({ newest: nullish(integer()) }),
    response: z.object({ session: sessionState.nullable() }),
  },
  locateSession: {
    tag: "working memory",
    summary: "The whole identity of a session of which only a part is known, or null",
    path: sessionPath,
    query: scoped,
    response: z.object({
      key: z.object({ ...scoped.shape, tenant: z.string(), session_id: z.string() }).nullable(),
    }),
  },
  writeSession: {
    tag: "working memory",
    summary: "Apply operations in one atomic write",
    path: sessionPath,
    body: native.operationsBody,
    response: receipt,
  },
  appendMessages: {
    tag: "working memory",
    summary: "Append messages atomically, creating the session",
    path: sessionPath,
    body: native.messagesBody,
    response: native.messagesAnswer,
  },
  changeData: {
    tag: "working memory",
    summary: "Set, merge, add to and delete keys of the data in one atomic write",
    path: sessionPath,
    body: native.dataBody,
    response: native.dataAnswer,
  },
  getList: {
    tag: "working memory",
    summary: "A list of a session",
    path: listPath,
    query: native.sessionIdentity,
    response: native.listState,
  },
  putList: {
    tag: "working memory",
    summary: "Replace a list",
    path: listPath,
    body: native.valuesBody,
    response: native.versionAnswer,
  },
  deleteList: {
    tag: "working memory",
    summary: "Remove a list",
    path: listPath,
    query: native.sessionIdentity,
    response: native.removeAnswer,
  },
  pushList: {
    tag: "working memory",
    summary: "Append values to a list",
    path: listPath,
    body: native.valuesBody,
    response: native.lengthAnswer,
  },
  popList: {
    tag: "working memory",
    summary: "Remove and give the value at a position, by default the last",
    path: listPath,
    body: native.popBody,
    response: native.popAnswer,
  },
  insertList: {
    tag: "working memory",
    summary: "Insert a value before a position",
    path: listPath,
    body: native.insertBody,
    response: native.lengthAnswer,
  },
  removeList: {
    tag: "working memory",
    summary: "Remove the first equal value",
    path: listPath,
    body: native.removeBody,
    response: native.removeAnswer,
  },
  sessionContext: {
    tag: "prompt",
    summary: "What to hand to a model for a query, inside a token budget",
    path: sessionPath,
    body: native.contextBody,
    response: native.contextAnswer,
  },
  listJobs: {
    tag: "jobs",
    summary: "Background jobs in a state, by default those that failed for good",
    query: jobs.jobsQuery,
    response: jobs.jobsAnswer,
    everyTenant: true,
  },
  countJobs: {
    tag: "jobs",
    summary: "How many jobs of each kind there are in each state",
    response: jobs.countsAnswer,
    everyTenant: true,
  },
  retryJob: {
    tag: "jobs",
    summary: "Try a job again that failed for good",
    path: jobs.jobPath,
    response: z.object({ retried: z.boolean() }),
    everyTenant: true,
  },
  discardJob: {
    tag: "jobs",
    summary: "Remove a job that is not running",
    path: jobs.jobPath,
    response: z.object({ discarded: z.boolean() }),
    everyTenant: true,
  },
} as const satisfies Record<RouteName, Operation>;
