import { ConflictError } from "../../../core/errors.ts";
import type { JsonValue } from "../../../core/json.ts";
import type { Idempotency } from "../../../core/store.ts";
import { asBytes, asList, asText, type Reply } from "../connection/reply.ts";
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

export function keyReused(key: string): ConflictError {
  return new ConflictError(
    "idempotency_key_reused",
    `The idempotency key ${JSON.stringify(key)} was used before.`,
    { details: { key } },
  );
}
