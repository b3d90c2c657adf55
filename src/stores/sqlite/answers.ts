import { ConflictError } from "../../core/errors.ts";
import type { Idempotency } from "../../core/idempotency.ts";
import type { JsonValue } from "../../core/json.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import type { Connection } from "./driver.ts";
import { tenantNumber } from "./tenants.ts";

/**
 * The answer kept with an idempotency key; null for a new key.
 * @throws ConflictError when the key was used for another request.
 */
export function keptAnswer(
  connection: Connection,
  tenant: number,
  { key, fingerprint }: Idempotency,
): JsonValue | null {
  const answer = connection.get<{ fingerprint: string; result: string }>(
    "SELECT fingerprint, result FROM answers WHERE tenant = ? AND key = ?",
    tenant,
    key,
  );
  if (!answer) return null;
  if (answer.fingerprint !== fingerprint) throw keyReused(key);
  return JSON.parse(answer.result) as JsonValue;
}

/** @throws ConflictError when the key was used before, whatever for. */
export function keepAnswer(
  connection: Connection,
  tenant: number,
  { key, fingerprint }: Idempotency,
  { result, now }: { readonly result: JsonValue; readonly now: Instant },
): void {
  const { changes } = connection.run(
    "INSERT INTO answers (tenant, key, fingerprint, result, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    tenant,
    key,
    fingerprint,
    JSON.stringify(result),
    instantKey(now),
  );
  if (changes === 0) throw keyReused(key);
}

export function forgetAnswers(
  connection: Connection,
  tenantName: string,
  before: Instant,
  limit: number,
): number {
  const { changes } = connection.run(
    `DELETE FROM answers WHERE rowid IN (
       SELECT rowid FROM answers WHERE tenant = ? AND at <= ? ORDER BY at LIMIT ?)`,
    tenantNumber(connection, tenantName),
    instantKey(before),
    limit,
  );
  return Number(changes);
}

function keyReused(key: string): ConflictError {
  return new ConflictError(
    "idempotency_key_reused",
    `The idempotency key ${JSON.stringify(key)} was used before.`,
    { details: { key } },
  );
}
