import {
  contextCodec,
  contextOptionsCodec,
  receiptCodec,
  sessionCodec,
  sessionKeyCodec,
  sessionSummaryCodec,
} from "../../contract/wire.ts";
import type { JsonValue } from "../../core/json.ts";
import type { SessionOperation, SessionOperationInput } from "../../core/session/operations.ts";
import type { SessionKey } from "../../core/session/state.ts";
import { formatMilliseconds } from "../../core/time.ts";
import type { ContextOptions, SessionWriteOptions } from "../../operations.ts";
import type { Call, Handlers, Surroundings } from "../call.ts";
import { promoteMessages } from "../promotion.ts";
import { scopeOfCall } from "../scopes.ts";
import { readOperations } from "../session-operations.ts";
import { toMessages } from "../session-state.ts";
import { findKey, sessionNotFound } from "./working-memory.ts";

type Names =
  | "findSessions"
  | "readSession"
  | "locateSession"
  | "writeSession"
  | "appendMessages"
  | "changeData"
  | "getList"
  | "putList"
  | "deleteList"
  | "pushList"
  | "popList"
  | "insertList"
  | "removeList"
  | "sessionContext";

interface Identity {
  readonly namespace: string | null;
  readonly user_id: string | null;
}

interface Guard extends Identity {
  readonly expected_version?: number | undefined;
  readonly create?: boolean | undefined;
}

/** Working memory as the library has it: atomic changes to exactly the session that is named. */
export function sessionHandlers(surroundings: Surroundings): Handlers<Names> {
  const { operations, settings, clock, ids } = surroundings;

  const write = async (
    sessionId: string,
    guard: Guard,
    call: Call,
    changes: readonly SessionOperationInput[],
    fingerprint?: string,
  ) => {
    const receipt = await operations.writeSession(keyOf(sessionId, guard, call), changes, {
      ...guardOptions(guard, call),
      ...(fingerprint !== undefined && { fingerprint }),
    });
    const { version, created } = receipt;
    return { version, created, results: receipt.results, first: receipt.results[0] as JsonValue };
  };

  return {
    async findSessions({ query, call }) {
      const page = await operations.listSessions(scopeOfCall(call, query), {
        limit: query.limit,
        offset: query.offset,
        signal: call.signal,
      });
      return {
        sessions: page.sessions.map((session) => sessionSummaryCodec.encode(session)),
        total: page.total,
      };
    },

    async readSession({ path, query, call }) {
      const state = await operations.readSession(keyOf(path.session_id, query, call), {
        signal: call.signal,
        ...(query.newest !== null && { newest: query.newest }),
      });
      return { session: sessionCodec.encode(state) };
    },

    async locateSession({ path, query, call }) {
      return { key: sessionKeyCodec.encode(await findKey(surroundings, path.session_id, query, call)) };
    },

    async writeSession({ path, body, call }) {
      const changes = readOperations(body.operations);
      const fingerprint = body.fingerprint ?? JSON.stringify(body.operations);
      const { version, created, results } = await write(path.session_id, body, call, changes, fingerprint);
      return receiptCodec.encode({ version, created, results }) as object;
    },

    async appendMessages({ path, body, call }) {
      const now = formatMilliseconds(clock.now());
      const messages = toMessages(body.messages, { now, ids, settings });
      const { version, created, first } = await write(
        path.session_id,
        body,
        call,
        [{ operation: "append", messages }],
        JSON.stringify(["appendMessages", body.messages]),
      );
      if (settings.indexAllMessages && settings.longTermMemory)
        await promoteMessages(surroundings, keyOf(path.session_id, body, call), messages);
      return { added: first, version, created };
    },

    async changeData({ path, body, call }) {
      const changes: SessionOperation[] = [
        ...(body.set ? [{ operation: "setData", values: body.set } as const] : []),
        ...(body.merge ? [{ operation: "mergeData", values: body.merge } as const] : []),
        ...Object.entries(body.increment ?? {}).map(
          ([key, by]): SessionOperation => ({ operation: "increment", key, by }),
        ),
        ...(body.delete ? [{ operation: "deleteData", keys: body.delete } as const] : []),
      ];
      const { version, created } = await write(path.session_id, body, call, changes);
      const state = await operations.readSession(keyOf(path.session_id, body, call), { newest: 0 });
      return { version, created, data: state?.data ?? {} };
    },

    async getList({ path, query, call }) {
      const key = keyOf(path.session_id, query, call);
      const state = await operations.readSession(key, { newest: 0, signal: call.signal });
      if (!state) throw sessionNotFound(path.session_id);
      const values = Object.hasOwn(state.lists, path.list) ? state.lists[path.list] : [];
      return { list: path.list, values };
    },

    async putList({ path: { session_id, list }, body, call }) {
      const { version, created } = await write(session_id, body, call, [
        { operation: "setList", list, values: body.values },
      ]);
      return { version, created };
    },

    async deleteList({ path: { session_id, list }, query, call }) {
      const { version, created, first } = await write(session_id, query, call, [
        { operation: "deleteList", list },
      ]);
      return { version, created, removed: first };
    },

    async pushList({ path: { session_id, list }, body, call }) {
      const { version, created, first } = await write(session_id, body, call, [
        { operation: "pushList", list, values: body.values },
      ]);
      return { version, created, length: first };
    },

    async popList({ path: { session_id, list }, body, call }) {
      const { version, created, first } = await write(session_id, body, call, [
        { operation: "popList", list, ...(body.index !== undefined && { index: body.index }) },
      ]);
      return { version, created, popped: first };
    },

    async insertList({ path: { session_id, list }, body, call }) {
      const { index, value } = body;
      const { version, created, first } = await write(session_id, body, call, [
        { operation: "insertList", list, index, value },
      ]);
      return { version, created, length: first };
    },

    async removeList({ path: { session_id, list }, body, call }) {
      const { version, created, first } = await write(session_id, body, call, [
        { operation: "removeList", list, value: body.value },
      ]);
      return { version, created, removed: first };
    },

    async sessionContext({ path, body, call }) {
      const { namespace, user_id, query, ...rest } = body;
      const options = contextOptionsCodec.decode(rest) as ContextOptions;
      const key = keyOf(path.session_id, { namespace, user_id }, call);
      const context = await operations.context(key, query as string, {
        ...(settings.newestMessages !== null && { newest: settings.newestMessages }),
        ...options,
        signal: call.signal,
      });
      return contextCodec.encode(context) as object;
    },
  };
}

/** The session named, to the letter. An empty text is no label: the memory refuses it. */
function keyOf(sessionId: string, { namespace, user_id }: Identity, call: Call): SessionKey {
  return { tenant: call.tenant, namespace, userId: user_id, sessionId };
}

function guardOptions(guard: Guard, call: Call): SessionWriteOptions {
  const expected = guard.expected_version ?? call.expectedVersion;
  return {
    ...(expected !== undefined && { expectedVersion: expected }),
    ...(guard.create !== undefined && { create: guard.create }),
    ...(call.idempotencyKey !== undefined && { idempotencyKey: call.idempotencyKey }),
  };
}
