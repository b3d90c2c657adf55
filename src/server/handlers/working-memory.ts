import { sessionCodec } from "../../contract/wire.ts";
import { NotFoundError } from "../../core/errors.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { Message, SessionContent, SessionKey, SessionState } from "../../core/session/state.ts";
import { formatMilliseconds, type Instant } from "../../core/time.ts";
import type { Call, Handlers, Surroundings } from "../call.ts";
import { type ContextFigures, contextFigures, fitWindow, namedWindow } from "../context-window.ts";
import { promoteMessages, promoteRecords } from "../promotion.ts";
import { rebuildSession } from "../rebuild.ts";
import { scopeOfCall } from "../scopes.ts";
import { given, toContent } from "../session-state.ts";

type Names = "listSessions" | "getSession" | "putSession" | "deleteSession";

/** Working memory as the contract has it, sections 6 and 7. */
export function workingMemoryHandlers(surroundings: Surroundings): Handlers<Names> {
  const { operations, settings, clock, ids } = surroundings;

  return {
    async listSessions({ query, call }) {
      const { limit, offset } = query;
      const page = await operations.listSessions(scopeOfCall(call, query), {
        limit,
        offset,
        signal: call.signal,
      });
      return { sessions: page.sessions.map((session) => session.sessionId), total: page.total };
    },

    async getSession({ path, query, call }) {
      const key = await findKey(surroundings, path.session_id, query, call);
      const newest = query.recent_messages_limit ?? 0;
      const state =
        (key &&
          (await operations.readSession(key, { signal: call.signal, ...(newest > 0 && { newest }) }))) ??
        (await rebuildSession(surroundings, path.session_id, query, call));
      if (!state) throw sessionNotFound(path.session_id);
      const window = namedWindow(query);
      const messages = window === null ? state.messages : await fitWindow(state.messages, window);
      const figures = await contextFigures(messages, window, settings.summarizationThreshold);
      return answer({ ...state, messages, ...wholeSeconds(state) }, figures);
    },

    async putSession({ path, query, body, call }) {
      const key: SessionKey = {
        tenant: call.tenant,
        namespace: given(body.namespace) ?? given(query.namespace),
        userId: given(body.user_id) ?? given(query.user_id),
        sessionId: path.session_id,
      };
      const now = formatMilliseconds(clock.now());
      const content = toContent(body, { now, ids, settings });
      const receipt = await operations.writeSession(key, [{ operation: "replace", content }], {
        ...(call.expectedVersion !== undefined && { expectedVersion: call.expectedVersion }),
        ...(call.idempotencyKey !== undefined && {
          idempotencyKey: call.idempotencyKey,
          // Ids and times were filled in for this request alone; the same body is the same write.
          fingerprint: JSON.stringify(["putSession", body]),
        }),
      });
      const repeated = call.idempotencyKey === undefined ? null : await operations.readSession(key);
      const stored = repeated ?? written(key, content, now, receipt.version);
      const state = settings.longTermMemory ? await promote(surroundings, key, stored) : stored;
      const figures = await contextFigures(
        state.messages,
        namedWindow(query),
        settings.summarizationThreshold,
      );
      const undated = body.messages.some((message) => message.created_at === undefined);
      return answer({ ...state, data: body.data === null ? null : state.data }, figures, undated);
    },

    async deleteSession({ path, query, call }) {
      const { expectedVersion } = call;
      const key = await findKey(surroundings, path.session_id, query, call);
      const options = expectedVersion === undefined ? {} : { expectedVersion };
      const deleted = key !== null && (await operations.deleteSession(key, options));
      return { status: "ok", deleted };
    },
  };
}

export function sessionNotFound(sessionId: string): NotFoundError {
  return new NotFoundError("session_not_found", `Session ${sessionId} not found`, { details: { sessionId } });
}

/** The session a request means: the scope it names, or else the only session of that id that agrees with it. */
export async function findKey(
  { operations }: Surroundings,
  sessionId: string,
  known: { readonly namespace: string | null; readonly user_id: string | null; readonly exact?: boolean },
  call: Call,
): Promise<SessionKey | null> {
  const [namespace, userId] = [given(known.namespace), given(known.user_id)];
  if (known.exact) return { tenant: call.tenant, namespace, userId, sessionId };
  return operations.findSession(
    call.tenant,
    sessionId,
    { ...(namespace !== null && { namespace }), ...(userId !== null && { userId }) },
    { signal: call.signal },
  );
}

/** The state a replacement leaves behind. */
function written(key: SessionKey, content: SessionContent, now: Instant, version: number): SessionState {
  const { sessionId, namespace, userId } = key;
  const expiresAt =
    content.ttlSeconds === null ? null : formatMilliseconds(Date.parse(now) + content.ttlSeconds * 1000);
  return { ...content, sessionId, namespace, userId, expiresAt, updatedAt: now, version };
}

async function promote(
  surroundings: Surroundings,
  key: SessionKey,
  stored: SessionState,
): Promise<SessionState> {
  const { records, version } = await promoteRecords(surroundings, key, stored);
  if (!surroundings.settings.indexAllMessages) return { ...stored, records, version };
  const kept = await promoteMessages(surroundings, key, stored.messages);
  const persistedAt = formatMilliseconds(surroundings.clock.now());
  const messages = stored.messages.map(
    (message): Message => (kept.has(message.id) ? { ...message, persistedAt } : message),
  );
  return { ...stored, records, messages, version };
}

/** The contract keeps the times of a stored session to the second. */
function wholeSeconds(state: SessionState) {
  const cut = (instant: Instant): Instant => `${instant.slice(0, 19)}Z`;
  return {
    createdAt: cut(state.createdAt),
    updatedAt: cut(state.updatedAt),
    lastAccessedAt: cut(state.lastAccessedAt),
  };
}

type Shown = Omit<SessionState, "data" | "records"> & {
  readonly data: SessionState["data"] | null;
  readonly records: readonly MemoryRecord[];
};

function answer(state: Shown, figures: ContextFigures, undated = false): Response {
  const body = {
    ...(sessionCodec.encode(state) as object),
    context_percentage_total_used: figures.totalUsed,
    context_percentage_until_summarization: figures.untilSummarization,
  };
  return Response.json(body, {
    headers: {
      etag: `"${state.version}"`,
      ...(undated && {
        "x-deprecation-warning":
          "messages[].created_at was missing and set to the time of the request; it will be required.",
      }),
    },
  });
}
