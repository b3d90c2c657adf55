import type { JsonValue } from "../../../core/json.ts";
import type { SessionReceipt } from "../../../core/store.ts";
import { asBytes, asList, type Reply } from "../connection/reply.ts";
import { decodeValue } from "../values.ts";

const POPPED = "p".charCodeAt(0);

/** Takes `{'written', version, created, results}` apart. */
export function toReceipt([, version, created, results]: readonly Reply[]): SessionReceipt {
  return { version: Number(version), created: Number(created) === 1, results: asList(results).map(toResult) };
}

/** `j` and JSON, or `p` and a value that was taken out of a list. */
function toResult(reply: Reply): JsonValue {
  const bytes = asBytes(reply);
  const value = decodeValue(bytes.subarray(1));
  return bytes[0] === POPPED ? [value] : value;
}
