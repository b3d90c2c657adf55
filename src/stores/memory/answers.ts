import { ConflictError } from "../../core/errors.ts";
import type { Idempotency } from "../../core/idempotency.ts";
import type { JsonValue } from "../../core/json.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import type { TenantData } from "./backing.ts";
import { copy } from "./copy.ts";

/** The answer kept with an idempotency key; null for a new key. */
export function keptAnswer(data: TenantData, { key, fingerprint }: Idempotency): JsonValue | null {
  const answer = data.answers.get(key);
  if (!answer) return null;
  if (answer.fingerprint !== fingerprint) throw keyReused(key);
  return copy(answer.result);
}

export function forgetAnswers({ answers }: TenantData, before: Instant, limit: number): number {
  const old = [...answers]
    .filter(([, { at }]) => compareInstants(at, before) <= 0)
    .sort(([, left], [, right]) => compareInstants(left.at, right.at))
    .slice(0, limit);
  for (const [key] of old) answers.delete(key);
  return old.length;
}

export function keyReused(key: string): ConflictError {
  return new ConflictError(
    "idempotency_key_reused",
    `The idempotency key ${JSON.stringify(key)} was used before.`,
    { details: { key } },
  );
}
