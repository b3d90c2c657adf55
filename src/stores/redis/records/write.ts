import { ConflictError } from "../../../core/errors.ts";
import type { RecordPut, RecordWrite, WriteBatch } from "../../../core/store.ts";
import { type Instant, instantKey } from "../../../core/time.ts";
import { changeText, scopeText } from "../change-text.ts";
import { asList, asText, type Reply } from "../connection/reply.ts";
import { encodeEntry, entryMaker } from "../entry.ts";
import { tenantKey } from "../keys.ts";
import { toMicroseconds } from "../microseconds.ts";
import type { Parts } from "../store-parts.ts";
import { announceTenant } from "../tenants.ts";
import type { EncodeValue, Stored } from "../values.ts";
import { answerOf, keyReused } from "./answers.ts";
import { historyKeys, RECORD_FIELDS, recordKeys } from "./keys.ts";
import { WRITE_FIELDS, type WriteKind, writeScript } from "./write-script.ts";

/** A write as the script takes it. */
export type ScriptWrite = { readonly [field in (typeof WRITE_FIELDS)[number]]?: Stored } & {
  readonly kind: WriteKind;
  readonly id: string;
};

export async function writeBatch(
  parts: Parts,
  tenant: string,
  batch: WriteBatch,
): Promise<{ readonly versions: readonly number[]; readonly sequence: number }> {
  const { now, idempotency } = batch;
  const writes = batch.writes.map((write) => scriptWrite(write, now, parts.encode));
  const [status, ...rest] = await runWrites(parts, tenant, writes, now, idempotency);
  switch (asText(status)) {
    case "written":
      return { versions: asList(rest[0]).map(Number), sequence: Number(rest[1]) };
    case "reused":
      throw keyReused(idempotency?.key ?? "");
    case "duplicate":
      throw sameAs(writes[Number(rest[0])]?.id ?? "", asText(rest[1]));
    default: {
      const write = writes[Number(rest[0])];
      throw conflict(write?.id ?? "", Number(write?.expected ?? 0), Number(rest[1]));
    }
  }
}

/** Runs the script; the reply begins with what became of it. */
export async function runWrites(
  { server, prefix }: Parts,
  tenant: string,
  writes: readonly ScriptWrite[],
  now: Instant,
  idempotency?: WriteBatch["idempotency"],
): Promise<Reply[]> {
  await announceTenant(server, prefix, tenant);
  const reply = await server.gather(
    {
      script: writeScript(writes.map(({ kind }) => kind)),
      group: tenant,
      shared: recordKeys(prefix, tenant, RECORD_FIELDS),
      request: (name) => tenantKey(prefix, tenant, name),
    },
    {
      keys: historyKeys(
        prefix,
        tenant,
        writes.map(({ id }) => id),
      ),
      args: [
        instantKey(now),
        now,
        idempotency ? `=${idempotency.key}` : "",
        idempotency ? answerOf(idempotency.fingerprint, idempotency.result) : "",
        toMicroseconds(now),
        ...writes.flatMap((write) => WRITE_FIELDS.map((field) => write[field] ?? "")),
      ],
    },
  );
  return asList(reply);
}

function scriptWrite(write: RecordWrite, now: Instant, encode: EncodeValue): ScriptWrite {
  switch (write.kind) {
    case "put":
      return scriptPut(write, now, encode);
    case "delete":
      return {
        kind: "delete",
        id: write.id,
        expected: String(write.expectedVersion),
        change: changeText({ kind: "record", change: write.change, id: write.id, at: now }),
        note: JSON.stringify({ change: write.change, ...write.note }),
      };
    case "alias":
      return { kind: "alias", id: write.id, target: write.target, note: JSON.stringify([write.target, now]) };
  }
}

function scriptPut(write: RecordPut, now: Instant, encode: EncodeValue): ScriptWrite {
  const { record, entry, duplicateKey, change, note } = write;
  return {
    kind: "put",
    id: record.id,
    expected: String(write.expectedVersion),
    duplicate: duplicateKey === null ? "" : `=${duplicateKey}`,
    expires: record.expiresAt === null ? "" : instantKey(record.expiresAt),
    created: instantKey(record.createdAt),
    scope: scopeText(record),
    maker: entryMaker(entry, entry.vector !== null),
    change: changeText({ kind: "record", change, id: record.id, at: now }),
    note: JSON.stringify({ change, ...note }),
    body: encode(record),
    entry: encodeEntry(entry),
    access: `${record.accessCount} ${record.lastAccessedAt}`,
  };
}

function sameAs(id: string, duplicate: string): ConflictError {
  return new ConflictError("version_conflict", `Record ${JSON.stringify(duplicate)} says the same.`, {
    details: { id, duplicate },
  });
}

function conflict(id: string, expected: number, actual: number): ConflictError {
  return new ConflictError(
    "version_conflict",
    `Record ${JSON.stringify(id)} has version ${actual}, not ${expected}.`,
    { details: { id, expectedVersion: expected, actualVersion: actual } },
  );
}
