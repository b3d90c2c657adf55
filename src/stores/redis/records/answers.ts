import { ConflictError } from "../../../core/errors.ts";
import type { Idempotency } from "../../../core/idempotency.ts";
import type { JsonValue } from "../../../core/json.ts";
import type { Instant } from "../../../core/time.ts";
import { asBytes, asList, asText, type Reply } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import { tenantKey } from "../keys.ts";
import { toMicroseconds } from "../microseconds.ts";
import { readKept, toReceipt } from "../sessions/receipt.ts";
import type { Parts } from "../store-parts.ts";
import { decodeValue } from "../values.ts";

/** What is kept with an idempotency key. */
export function answerOf(fingerprint: string, result: JsonValue): string {
  return JSON.stringify([fingerprint, result]);
}

export async function recallResult(
  parts: Parts,
  tenant: string,
  idempotency: Idempotency,
): Promise<JsonValue | null> {
  const kept = await readKept(parts, tenant, idempotency.key);
  return kept.length > 0 ? readAnswer(kept, idempotency) : null;
}

/**
 * What was kept, as scripts give it.
 * @throws ConflictError when the key was used for something else.
 */
export function readAnswer(
  [form, kept, receipt]: readonly Reply[],
  { key, fingerprint }: Idempotency,
): JsonValue {
  const [first, result] =
    asText(form) === "json"
      ? (decodeValue(asBytes(kept)) as [string, JsonValue])
      : [asText(kept), toReceipt(asList(receipt)) as unknown as JsonValue];
  if (first !== fingerprint) throw keyReused(key);
  return result;
}

/** Arguments: the last instant in microseconds, and how many at most. */
const FORGET_SCRIPT = defineScript(
  ["answers", "answered"],
  `
local keys = redis.call('ZRANGEBYSCORE', answered, '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, key in ipairs(keys) do
  redis.call('HDEL', answers, key)
  redis.call('ZREM', answered, key)
end
return #keys
`,
);

export async function forgetAnswers(
  { server, prefix }: Parts,
  tenant: string,
  before: Instant,
  limit: number,
): Promise<number> {
  const keys = [tenantKey(prefix, tenant, "answers"), tenantKey(prefix, tenant, "answered")];
  return Number(await server.run(FORGET_SCRIPT, { keys, args: [toMicroseconds(before), limit] }));
}

export function keyReused(key: string): ConflictError {
  return new ConflictError(
    "idempotency_key_reused",
    `The idempotency key ${JSON.stringify(key)} was used before.`,
    { details: { key } },
  );
}
