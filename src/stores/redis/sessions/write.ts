import { setTimeout as wait } from "node:timers/promises";
import { ConflictError, NotFoundError, StoreError, ValidationError } from "../../../core/errors.ts";
import type { SessionRest } from "../../../core/session/operations.ts";
import { emptySession, type SessionKey } from "../../../core/session/state.ts";
import type { SessionReceipt, SessionWrite } from "../../../core/session-store.ts";
import type { Instant } from "../../../core/time.ts";
import { changedText, scopeText } from "../change-text.ts";
import { asText, type Reply } from "../connection/reply.ts";
import { sessionMember } from "../keys.ts";
import { toMicroseconds } from "../microseconds.ts";
import { readAnswer } from "../records/answers.ts";
import type { Parts } from "../store-parts.ts";
import { announceTenant } from "../tenants.ts";
import { changeSession } from "./change.ts";
import { type Plan, planBlindly } from "./plan.ts";
import { planFor } from "./plan-read.ts";
import { readForWriting } from "./read.ts";
import { toReceipt } from "./receipt.ts";
import { writeChange } from "./scripts/change.ts";
import { WRITE_ARGUMENTS } from "./scripts/write.ts";
import type { ReadSession } from "./state.ts";
import { takeTurn } from "./turn.ts";

/** So often a writer that must read first may find the session changed before it asks for its turn. */
const PATIENCE = 3;

/**
 * Applies operations. Most need no knowledge of the session and take one round trip; the others read first, and begin
 * anew when what they read has changed.
 */
export async function writeSession(
  parts: Parts,
  key: SessionKey,
  write: SessionWrite,
): Promise<SessionReceipt> {
  await announceTenant(parts.server, parts.prefix, key.tenant);
  let plan = planBlindly(write.operations, parts.encode);
  let session: ReadSession | null = null;
  let token = "";
  const start = performance.now();
  for (let tries = 0; ; tries++) {
    if (!plan) {
      if (tries >= PATIENCE && token === "") token = await takeTurn(parts, key);
      session = await readForWriting(parts, key, write.now);
    }
    const planned = plan ?? planOrProblem(session?.rest ?? unborn(key, write.now), write, parts);
    const problem = planned instanceof ValidationError ? planned : null;
    const reply = await send(parts, key, write, {
      // What does not fit is still asked about: a kept answer, another version or an absent session come first.
      plan: planned instanceof ValidationError ? NO_PLAN : planned,
      basis: plan ? null : session,
      read: !plan,
      refused: problem !== null,
      token,
    });
    const [status, ...rest] = reply;
    switch (asText(status)) {
      case "unfit":
        // Planned again from the session itself, which tells what does not fit.
        plan = null;
        break;
      case "moved":
        if (problem) throw problem;
        break;
      case "turn":
        await wait(2 + Math.random() * 8);
        break;
      case "absent":
        throw new NotFoundError(
          "session_not_found",
          `There is no session ${JSON.stringify(key.sessionId)}.`,
          {
            details: { sessionId: key.sessionId },
          },
        );
      case "version":
        throw otherVersion(key, write.expectedVersion ?? 0, Number(rest[0]));
      case "json":
      case "kept":
        return readAnswer(reply, write.idempotency ?? NO_KEY) as unknown as SessionReceipt;
      case "written":
        return toReceipt(reply);
    }
    if (performance.now() - start > parts.timeout) throw tooBusy(key, parts.server.where);
  }
}

const NO_KEY = { key: "", fingerprint: "" };
const NO_PLAN: Plan = { instructions: [], sums: [], parts: new Set(), removes: false };

/** No session has this revision, so nothing is written. */
const NO_REVISION = "none";

/** The plan for a session that was read, or why an operation does not fit it. */
function planOrProblem(rest: SessionRest, write: SessionWrite, parts: Parts): Plan | ValidationError {
  try {
    return planFor(rest, write.operations, write.now, parts.encode);
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
}

interface Attempt {
  readonly plan: Plan;
  /** What the plan was made from; null for a session that was not there. */
  readonly basis: ReadSession | null;
  /** Whether it was made from something. */
  readonly read: boolean;
  /** True: only the conditions are asked about. */
  readonly refused: boolean;
  readonly token: string;
}

function send(
  parts: Parts,
  key: SessionKey,
  { now, expectedVersion, create = true, idempotency }: SessionWrite,
  { plan, basis, read, refused, token }: Attempt,
): Promise<Reply[]> {
  const request = parts.requestId();
  const scope = { namespace: key.namespace, userId: key.userId, agentId: null, sessionId: key.sessionId };
  const values: Record<(typeof WRITE_ARGUMENTS)[number], string | number> = {
    micros: toMicroseconds(now),
    now,
    removes: plan.removes ? 1 : 0,
    expected: expectedVersion ?? "",
    create: create ? 1 : 0,
    answerKey: idempotency ? `=${idempotency.key}` : "",
    fingerprint: idempotency?.fingerprint ?? "",
    incarnation: basis?.incarnation ?? "",
    revision: refused ? NO_REVISION : read ? (basis?.revision ?? "0") : "",
    newborn: request,
    token,
    member: sessionMember(key),
    scope: scopeText(scope),
    subject: changedText({ id: key.sessionId, at: now }),
    sums: plan.sums.length,
  };
  return changeSession(parts, key, {
    script: writeChange(plan.parts),
    request,
    answerKey: idempotency?.key,
    args: [...WRITE_ARGUMENTS.map((name) => values[name]), ...plan.sums.flat(), ...plan.instructions],
  });
}

/** What a session is before its first write. */
function unborn({ sessionId, namespace, userId }: SessionKey, now: Instant) {
  const { messages: _, ...content } = emptySession(now);
  return { ...content, sessionId, namespace, userId, expiresAt: null, updatedAt: now, version: 0 };
}

export function otherVersion({ sessionId }: SessionKey, expected: number, actual: number): ConflictError {
  return new ConflictError(
    "version_conflict",
    `Session ${JSON.stringify(sessionId)} has version ${actual}, not ${expected}.`,
    { details: { sessionId, expectedVersion: expected, actualVersion: actual } },
  );
}

function tooBusy({ sessionId }: SessionKey, where: string): StoreError {
  return new StoreError(
    "store_busy",
    `Session ${JSON.stringify(sessionId)} of the Redis store ${where} was changed by others all the time.`,
    { details: { sessionId, store: where } },
  );
}
