import { ConflictError, NotFoundError } from "../../core/errors.ts";
import { applyOperations, type SessionRest } from "../../core/session/operations.ts";
import {
  emptySession,
  encodeSessionKey,
  type Message,
  type SessionKey,
  type SessionState,
} from "../../core/session/state.ts";
import type { SessionReceipt, SessionWrite } from "../../core/session-store.ts";
import type { Instant } from "../../core/time.ts";
import { type Database, rowsOf } from "./database.ts";
import type { Row } from "./driver.ts";
import { checkedAnswer } from "./record-read.ts";
import { timestamp } from "./rows.ts";
import type { SessionCache } from "./session-cache.ts";
import type { SessionFacts } from "./session-facts.ts";
import { SessionLog } from "./session-log.ts";
import { sql } from "./sql.ts";
import { decodeJson, encodeJson } from "./wire-text.ts";

export async function readSession(
  database: Database,
  key: SessionKey,
  { now, newest }: { now: Instant; newest?: number },
): Promise<SessionState | null> {
  const [row] = await database.ask(
    rowsOf(
      sql`SCHEMA.read_session(${key.tenant}, ${encodeSessionKey(key)}, ${timestamp(now)}, ${newest ?? null})`,
    ),
  );
  if (!row) return null;
  const [state, messages] = row;
  const stored = decodeJson<[Message, string | null, boolean][]>(messages ?? "[]");
  return {
    ...decodeJson<SessionRest>(state ?? ""),
    messages: stored.map(([message, persistedAt, extracted]) => ({ ...message, persistedAt, extracted })),
  };
}

/** What the function `write_session` answers. */
type Answer =
  | { readonly written: true }
  | { readonly kept: { readonly fingerprint: string; readonly result: SessionReceipt } }
  | {
      readonly facts: {
        readonly version: number;
        readonly state: SessionRest | null;
        readonly present: readonly string[] | null;
      };
    };

/** No session has it, so that a write based on it gets the facts and changes nothing. */
const NO_VERSION = -1;

/** So often a writer may find that another one was faster, before it has the others wait. */
const RACES = 2;

/**
 * Works the write out here, on what this process remembers of the session, and has the server carry it out if that was
 * right. If not, the answer has what is needed to work it out again: one flight for a conversation's only writer, two for most
 * others. Who loses races with many others locks the tenant, so that every write comes to an end.
 */
export async function writeSession(
  database: Database,
  cache: SessionCache,
  key: SessionKey,
  write: SessionWrite,
): Promise<SessionReceipt> {
  const races = cache.isContested(key) ? 0 : RACES;
  const outcome = await attempt(key, write, cache.recall(key, write.now), races, (planned) =>
    database.write(key.tenant, {
      call: callOf(key, write, planned),
      result: answerOf,
      recovered: () => ({ written: true }),
    }),
  );
  if (!outcome) return writeAlone(database, cache, key, write);
  if (outcome.rest) cache.remember(key, outcome.rest);
  return outcome.receipt;
}

interface Written {
  readonly receipt: SessionReceipt;
  /** The session as this write left it; left out when the write was carried out before. */
  readonly rest?: SessionRest;
}

/** Learns the facts and writes in one transaction: after its first call nobody comes between. */
async function writeAlone(
  database: Database,
  cache: SessionCache,
  key: SessionKey,
  write: SessionWrite,
): Promise<SessionReceipt> {
  let last: Planned | undefined;
  const { receipt, rest } = await database.writeAlone<Written>(key.tenant, {
    async work(run, request) {
      const outcome = await attempt(key, write, null, Number.POSITIVE_INFINITY, async (planned) => {
        last = planned;
        return answerOf(await run(callOf(key, write, planned)(request)));
      });
      if (!outcome) throw new TypeError("Attempts without end have an end only when written");
      return outcome;
    },
    recovered: () => {
      if (!last?.receipt) throw new TypeError("What was written was planned");
      return { ...last, receipt: last.receipt };
    },
  });
  if (rest) {
    cache.remember(key, rest);
    cache.noteContest(key, rest.version);
  }
  return receipt;
}

/** Plans and sends until the server carries it out; undefined when so many plans were not right. Without facts it asks first. */
async function attempt(
  key: SessionKey,
  write: SessionWrite,
  first: SessionFacts | null,
  times: number,
  send: (planned: Planned) => Promise<Answer>,
): Promise<Written | undefined> {
  let facts = first;
  for (let tries = 0; tries < times; tries++) {
    const plan = facts ? planned(key, write, facts) : ASKING;
    const answer = await send(plan);
    if ("kept" in answer && write.idempotency)
      return { receipt: checkedAnswer(write.idempotency, answer.kept.fingerprint, answer.kept.result) };
    if ("facts" in answer) {
      const { state, present } = answer.facts;
      facts = { rest: state, present: new Set(present), certain: true };
    } else if (plan.receipt) return { receipt: plan.receipt, ...(plan.rest && { rest: plan.rest }) };
  }
  return undefined;
}

interface Planned {
  readonly plan: object;
  /** Left out when the plan is only to learn the facts. */
  readonly receipt?: SessionReceipt;
  readonly rest?: SessionRest;
}

/** Changes nothing and is answered with the facts. */
const ASKING: Planned = { plan: { baseVersion: NO_VERSION } };

/** @throws what the write must be refused with, by facts that are certain. */
function planned(key: SessionKey, write: SessionWrite, facts: SessionFacts): Planned {
  try {
    return plannedOn(key, write, facts);
  } catch (error) {
    if (facts.certain) throw error;
    return ASKING;
  }
}

function plannedOn(key: SessionKey, write: SessionWrite, { rest: current, present }: SessionFacts): Planned {
  const { operations, now, expectedVersion, create = true } = write;
  const { sessionId, namespace, userId } = key;
  expectVersion(sessionId, expectedVersion, current?.version ?? 0);
  if (!current && !create)
    throw new NotFoundError("session_not_found", `There is no session ${JSON.stringify(sessionId)}.`, {
      details: { sessionId },
    });
  const log = new SessionLog(present);
  const { rest, results } = applyOperations(current ?? newSession(key, now), log, operations, now);
  const { version, createdAt, updatedAt, expiresAt } = rest;
  const receipt: SessionReceipt = { version, created: !current, results };
  const plan = {
    ...log.changes,
    baseVersion: current?.version ?? 0,
    scope: { namespace, userId, sessionId },
    ...{ version, createdAt, updatedAt, expiresAt },
    state: rest,
  };
  return { plan, receipt, rest };
}

function callOf(key: SessionKey, { now, idempotency }: SessionWrite, { plan, receipt }: Planned) {
  const kept = idempotency && { answerKey: idempotency.key, fingerprint: idempotency.fingerprint, receipt };
  const text = encodeJson({ ...plan, ...kept });
  return (request: string) =>
    sql`SCHEMA.write_session(${key.tenant}, ${encodeSessionKey(key)}, ${timestamp(now)}, ${request}, ${text})`;
}

function answerOf([row]: readonly Row[]): Answer {
  return decodeJson<Answer>(row?.[0] ?? "");
}

export async function deleteSession(
  database: Database,
  key: SessionKey,
  { now, expectedVersion }: { now: Instant; expectedVersion?: number },
): Promise<boolean> {
  try {
    return await database.write(key.tenant, {
      call: (request) =>
        sql`SCHEMA.delete_session(${key.tenant}, ${encodeSessionKey(key)}, ${timestamp(now)},
          ${expectedVersion ?? null}, ${request})`,
      result: ([row]) => row?.[0] === "t",
      recovered: () => true,
    });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw sessionConflict(key.sessionId, expectedVersion, Number(error.details["actualVersion"]));
  }
}

function newSession({ sessionId, namespace, userId }: SessionKey, now: Instant): SessionRest {
  const { messages: _, ...content } = emptySession(now);
  return { ...content, sessionId, namespace, userId, expiresAt: null, updatedAt: now, version: 0 };
}

function expectVersion(sessionId: string, expected: number | undefined, actual: number): void {
  if (expected !== undefined && expected !== actual) throw sessionConflict(sessionId, expected, actual);
}

function sessionConflict(sessionId: string, expected: number | undefined, actual: number): ConflictError {
  return new ConflictError(
    "version_conflict",
    `Session ${JSON.stringify(sessionId)} has version ${actual}, not ${expected}.`,
    { details: { sessionId, expectedVersion: expected, actualVersion: actual } },
  );
}
