import type { JsonValue } from "../../../core/json.ts";
import type { SessionReceipt } from "../../../core/session-store.ts";
import { asBytes, asList, type Reply } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import { tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { decodeValue } from "../values.ts";
import { ANSWERS } from "./scripts/meta.ts";

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

/** Takes apart what is kept with an idempotency key: a receipt is packed. */
const KEPT_SCRIPT = defineScript(
  ["answers"],
  ANSWERS,
  `
local kept = redis.call('HGET', answers, ARGV[1])
return kept and readAnswer(kept) or {}
`,
);

/** What is kept with an idempotency key, see `readAnswer`; nothing for a new one. */
export async function readKept(
  { server, prefix }: Parts,
  tenant: string,
  answerKey: string,
): Promise<Reply[]> {
  const keys = [tenantKey(prefix, tenant, "answers")];
  return asList(await server.run(KEPT_SCRIPT, { keys, args: [answerKey] }));
}
