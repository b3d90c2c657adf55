import type { SessionOperation } from "../../core/session/operations.ts";
import type { RecordWrite } from "../../core/store.ts";
import { forgetAnswers } from "./answers.ts";
import type { Connection } from "./driver.ts";
import { forgetChanges, takeChanges } from "./feed.ts";
import { JOB_WRITES } from "./job-writes.ts";
import { reindexRecords } from "./record-index.ts";
import { writeBatch } from "./record-write.ts";
import { removeExpiredSessions } from "./session-list.ts";
import { deleteSession, writeSession } from "./sessions.ts";
import { eraseRecords, forgetVersions, removeExpiredRecords, touchRecords } from "./upkeep.ts";
import { inOneStep, type Steps } from "./writer.ts";

/** Every write by its name, so that another thread can be asked for it: what it takes and gives is plain data. */
export const WRITES = {
  writeBatch,
  touchRecords,
  eraseRecords,
  forgetVersions,
  takeChanges,
  reindexRecords,
  removeExpiredRecords,
  removeExpiredSessions,
  forgetAnswers: inOneStep(forgetAnswers),
  forgetChanges: inOneStep(forgetChanges),
  writeSession: inOneStep(writeSession),
  deleteSession: inOneStep(deleteSession),
  ...JOB_WRITES,
};

type Writes = typeof WRITES;
export type WriteName = keyof Writes;
export type WriteArguments<Name extends WriteName> =
  Parameters<Writes[Name]> extends [Connection, ...infer Arguments] ? Arguments : never;
export type WriteResult<Name extends WriteName> =
  ReturnType<Writes[Name]> extends Steps<infer Result> ? Result : never;

/** A write that is asked for; the parameters are those of its name. */
export interface WriteRequest {
  readonly name: WriteName;
  readonly parameters: readonly unknown[];
}

export function stepsOf(request: WriteRequest, connection: Connection): Steps<unknown> {
  const write = WRITES[request.name] as (
    connection: Connection,
    ...parameters: readonly unknown[]
  ) => Steps<unknown>;
  return write(connection, ...request.parameters);
}

/** Some of the writes of a large batch. */
export type WritePart = readonly RecordWrite[];

/** So many can be sent to another thread, or taken from one, within a millisecond or two. */
const PART = 50;

/** Takes the long list out of a request, in parts. */
export function splitParts(request: WriteRequest): {
  readonly rest: WriteRequest;
  readonly parts: readonly WritePart[];
} {
  if (request.name !== "writeBatch") return { rest: request, parts: [] };
  const [tenant, batch] = request.parameters as WriteArguments<"writeBatch">;
  const { writes } = batch;
  const parts = Array.from({ length: Math.ceil(writes.length / PART) }, (_, number) =>
    writes.slice(number * PART, (number + 1) * PART),
  );
  return { rest: { ...request, parameters: [tenant, { ...batch, writes: [] }] }, parts };
}

/** Puts a request together again. */
export function joinParts(request: WriteRequest, parts: readonly WritePart[]): WriteRequest {
  if (parts.length === 0) return request;
  const [tenant, batch] = request.parameters as WriteArguments<"writeBatch">;
  return { ...request, parameters: [tenant, { ...batch, writes: parts.flat() }] };
}

/** How many rows a write changes or looks for, more or less; infinite where nobody can tell. */
export function weightOf({ name, parameters }: WriteRequest): number {
  switch (name) {
    case "writeBatch":
      return (parameters as WriteArguments<"writeBatch">)[1].writes.length;
    case "touchRecords":
      return (parameters as WriteArguments<"touchRecords">)[1].length;
    case "writeSession":
      return sum((parameters as WriteArguments<"writeSession">)[1].operations.map(operationWeight));
    default:
      return Object.hasOwn(JOB_WRITES, name) ? 1 : Number.POSITIVE_INFINITY;
  }
}

function operationWeight(operation: SessionOperation): number {
  switch (operation.operation) {
    case "append":
      return operation.messages.length;
    case "patchMessages":
    case "deleteMessages":
      return operation.ids.length;
    case "replace":
      return Number.POSITIVE_INFINITY;
    default:
      return 1;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
