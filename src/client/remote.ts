import { list as listCodec } from "../contract/codec.ts";
import {
  addResultCodec,
  changeCodec,
  contextCodec,
  contextOptionsCodec,
  forgetPolicyCodec,
  forgetResultCodec,
  listOptionsCodec,
  operationCodec,
  receiptCodec,
  recordCodec,
  recordPageCodec,
  searchOptionsCodec,
  searchResultCodec,
  sessionCodec,
  sessionKeyCodec,
  sessionSummaryCodec,
  versionCodec,
  writeOptionsCodec,
} from "../contract/wire.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { JobOverview } from "../core/jobs.ts";
import type { AddResult, MemoryRecord, RecordInput, RecordPatch, RecordVersion } from "../core/record.ts";
import type { ResolvedScope } from "../core/scope.ts";
import { prepareOperations } from "../core/session/check.ts";
import type { SessionOperationInput } from "../core/session/operations.ts";
import type { SessionKey, SessionState } from "../core/session/state.ts";
import type { SessionReceipt } from "../core/session-store.ts";
import type { Change } from "../core/store.ts";
import type {
  AddOptions,
  CallOptions,
  ChangesOptions,
  ChangesPage,
  Context,
  ContextOptions,
  DeleteOptions,
  ForgetOptions,
  ForgetPolicy,
  ForgetResult,
  ListOptions,
  ListSessionsOptions,
  MemoryOperations,
  ReadOptions,
  ReadSessionOptions,
  RecordPage,
  SearchOptions,
  SearchResult,
  SessionPage,
  SessionWriteOptions,
  UpdateOptions,
} from "../operations.ts";
import { type FollowRemoteOptions, followChanges } from "./events.ts";
import { remoteJobs } from "./jobs.ts";
import { encode, encodeScope, identity, reading, writing } from "./request.ts";
import { checkSendable } from "./sendable.ts";
import type { Transport } from "./transport.ts";

/** The server fills in what was left out, and judges times by its clock; here no instant is too late. */
const CHECK_ONLY = { now: "9999-12-31T23:59:59Z", ids: { next: () => "" } };

/**
 * A memory on a server. Every call is one request; a write carries an idempotency key, so that it may be sent again
 * when an answer got lost, and is done once.
 */
export class RemoteOperations implements MemoryOperations {
  readonly jobOverview: JobOverview;
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.jobOverview = remoteJobs(transport);
  }

  async add(
    scope: ResolvedScope,
    inputs: readonly RecordInput[],
    options: AddOptions = {},
  ): Promise<AddResult[]> {
    for (const [index, input] of inputs.entries()) checkSendable(input, inputs.length === 1 ? [] : [index]);
    const body = {
      scope: encodeScope(scope),
      memories: listCodec(recordCodec).encode(inputs),
      ...encode(writeOptionsCodec, options),
    };
    const answer = await this.#transport.call<{ results: unknown[] }>("addRecords", {
      ...writing(scope.tenant, options),
      body,
    });
    return answer.results.map((result) => addResultCodec.decode(result) as AddResult);
  }

  async get(
    scope: ResolvedScope,
    ids: readonly string[],
    options: ReadOptions = {},
  ): Promise<(MemoryRecord | null)[]> {
    checkSendable(options.asOf, ["asOf"]);
    const answer = await this.#transport.call<{ memories: unknown[] }>("getRecords", {
      ...reading(scope.tenant, options),
      body: { scope: encodeScope(scope), ids, as_of: options.asOf },
    });
    return answer.memories.map((record) => recordCodec.decode(record) as MemoryRecord | null);
  }

  async list(scope: ResolvedScope, options: ListOptions = {}): Promise<RecordPage> {
    const body = { scope: encodeScope(scope), ...encode(listOptionsCodec, options) };
    const answer = await this.#transport.call("listRecords", { ...reading(scope.tenant, options), body });
    return recordPageCodec.decode(answer) as RecordPage;
  }

  async search(scope: ResolvedScope, text: string, options: SearchOptions = {}): Promise<SearchResult> {
    const body = { scope: encodeScope(scope), text, ...encode(searchOptionsCodec, options) };
    const answer = await this.#transport.call("recallRecords", { ...reading(scope.tenant, options), body });
    return searchResultCodec.decode(answer) as SearchResult;
  }

  async update(
    scope: ResolvedScope,
    id: string,
    patch: RecordPatch,
    options: UpdateOptions = {},
  ): Promise<MemoryRecord> {
    checkSendable(patch);
    const body = {
      scope: encodeScope(scope),
      id,
      patch: recordCodec.encode(patch),
      ...encode(writeOptionsCodec, options),
    };
    const answer = await this.#transport.call("updateRecord", { ...writing(scope.tenant, options), body });
    return recordCodec.decode(answer) as MemoryRecord;
  }

  async delete(scope: ResolvedScope, ids: readonly string[], options: DeleteOptions = {}): Promise<string[]> {
    const body = { scope: encodeScope(scope), ids, ...encode(writeOptionsCodec, options) };
    const answer = await this.#transport.call<{ deleted: string[] }>("deleteRecords", {
      ...writing(scope.tenant, options),
      body,
    });
    return answer.deleted;
  }

  async history(scope: ResolvedScope, id: string, options: CallOptions = {}): Promise<RecordVersion[]> {
    const answer = await this.#transport.call<{ versions: unknown[] }>("recordHistory", {
      ...reading(scope.tenant, options),
      path: { memory_id: checkLabel(id, "id") },
      query: encodeScope(scope),
    });
    return answer.versions.map((version) => versionCodec.decode(version) as RecordVersion);
  }

  async forget(
    scope: ResolvedScope,
    policy: ForgetPolicy,
    options: ForgetOptions = {},
  ): Promise<ForgetResult> {
    checkSendable(policy);
    const { keep, dryRun, limit, ...note } = options;
    const answer = await this.#transport.call("forgetMemories", {
      ...writing(scope.tenant, options),
      query: { ...encodeScope(scope), dry_run: dryRun, limit, strict: true },
      body: {
        policy: forgetPolicyCodec.encode(policy),
        pinned_ids: keep,
        ...encode(writeOptionsCodec, note),
      },
    });
    return forgetResultCodec.decode(answer) as ForgetResult;
  }

  async changes(scope: ResolvedScope, options: ChangesOptions = {}): Promise<ChangesPage> {
    const { after, limit } = options;
    const answer = await this.#transport.call<{ changes: unknown[]; sequence: number }>("changes", {
      ...reading(scope.tenant, options),
      query: { ...encodeScope(scope), after, limit },
    });
    return {
      changes: answer.changes.map((change) => changeCodec.decode(change) as Change),
      sequence: answer.sequence,
    };
  }

  /** Changes as they happen, over one open connection that is opened again when it breaks. */
  follow(scope: ResolvedScope, options: FollowRemoteOptions = {}): AsyncGenerator<Change, void, undefined> {
    const query = encodeScope(scope);
    return followChanges(this.#transport, { tenant: scope.tenant, query }, options);
  }

  async readSession(key: SessionKey, options: ReadSessionOptions = {}): Promise<SessionState | null> {
    const { newest } = options;
    checkSendable(newest, ["newest"]);
    const answer = await this.#transport.call<{ session: unknown }>("readSession", {
      ...reading(key.tenant, options),
      path: { session_id: checkLabel(key.sessionId, "sessionId") },
      query: { ...identity(key), newest },
    });
    return sessionCodec.decode(answer.session) as SessionState | null;
  }

  async writeSession(
    key: SessionKey,
    operations: readonly SessionOperationInput[],
    options: SessionWriteOptions = {},
  ): Promise<SessionReceipt> {
    prepareOperations(operations, CHECK_ONLY);
    const body = {
      ...identity(key),
      operations: operations.map((operation) => operationCodec.encode(operation)),
      ...encode(writeOptionsCodec, options),
    };
    const answer = await this.#transport.call("writeSession", {
      ...writing(key.tenant, options),
      path: { session_id: checkLabel(key.sessionId, "sessionId") },
      body,
    });
    return receiptCodec.decode(answer) as SessionReceipt;
  }

  async deleteSession(
    key: SessionKey,
    options: { readonly expectedVersion?: number } & CallOptions = {},
  ): Promise<boolean> {
    const { expectedVersion, signal } = options;
    const answer = await this.#transport.call<{ deleted: boolean }>("deleteSession", {
      tenant: checkLabel(key.tenant, "tenant"),
      signal,
      path: { session_id: checkLabel(key.sessionId, "sessionId") },
      query: { ...identity(key), exact: true },
      ...(expectedVersion !== undefined && { headers: { "if-match": `"${expectedVersion}"` } }),
    });
    return answer.deleted;
  }

  async findSession(
    tenant: string,
    sessionId: string,
    known: { readonly namespace?: string; readonly userId?: string },
    options: CallOptions = {},
  ): Promise<SessionKey | null> {
    const answer = await this.#transport.call<{ key: unknown }>("locateSession", {
      ...reading(tenant, options),
      path: { session_id: checkLabel(sessionId, "sessionId") },
      query: { namespace: known.namespace, user_id: known.userId },
    });
    return sessionKeyCodec.decode(answer.key) as SessionKey | null;
  }

  async listSessions(scope: ResolvedScope, options: ListSessionsOptions = {}): Promise<SessionPage> {
    const { limit, offset } = options;
    const { tenant, namespace, userId } = scope;
    const answer = await this.#transport.call<{ sessions: unknown[]; total: number }>("findSessions", {
      ...reading(tenant, options),
      query: { namespace, user_id: userId, limit, offset },
    });
    const sessions = answer.sessions.map((session) => sessionSummaryCodec.decode(session));
    return { sessions, total: answer.total } as SessionPage;
  }

  async context(key: SessionKey, query: string, options: ContextOptions = {}): Promise<Context> {
    const answer = await this.#transport.call("sessionContext", {
      ...reading(key.tenant, options),
      path: { session_id: checkLabel(key.sessionId, "sessionId") },
      body: { ...identity(key), query, ...encode(contextOptionsCodec, options) },
    });
    return contextCodec.decode(answer) as Context;
  }

  /** Ends this connection; the server stays open for others. */
  async close(): Promise<void> {
    this.#transport.close();
  }
}
