import { MemoirError, VectorIndexError } from "../../core/errors.ts";

const CODES =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR_\w+)$/;
const CUT = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;
const STATUSES: ReadonlySet<unknown> = new Set([408, 429, 500, 502, 503, 504]);
/** Of gRPC: deadline exceeded, resource exhausted, unavailable. */
const GRPC_STATUSES: ReadonlySet<unknown> = new Set([4, 8, 14]);
const NAMES = /^AbortError$|Timeout|Connection|RateLimit|Exhausted|Unavailable|Deadline/i;
const MESSAGES =
  /fetch failed|(?:HTTP|Response:|status(?: code)?:?) (?:408|429|50[0234])\b|failed to connect|socket hang up|ECONNREFUSED|UNAVAILABLE|timed? ?out|too many requests/i;

/** What a client's error means for the caller: that the engine is away, or that it refused. */
export function asVectorIndexError(engine: string, error: unknown): MemoirError {
  if (MemoirError.is(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return isAway(error)
    ? new VectorIndexError("vectors_unavailable", `${engine} does not answer: ${text}`, { cause: error })
    : new VectorIndexError("vectors_failed", `${engine} refused: ${text}`, { cause: error });
}

/** True when a connection was cut: mostly one that was kept, and that the engine closed at the same moment. */
export function wasCut(error: unknown): boolean {
  return anyCause(error, ({ code }) => typeof code === "string" && CUT.test(code));
}

function isAway(error: unknown): boolean {
  return anyCause(
    error,
    ({ code, status, statusCode, name, message, details }) =>
      (typeof code === "string" && CODES.test(code)) ||
      (typeof code === "number" && details !== undefined && GRPC_STATUSES.has(code)) ||
      STATUSES.has(status) ||
      STATUSES.has(statusCode) ||
      (typeof name === "string" && NAMES.test(name)) ||
      (typeof message === "string" && MESSAGES.test(message)),
  );
}

/** Clients wrap errors in errors, each in its own way. */
function anyCause(error: unknown, holds: (part: Record<string, unknown>) => boolean, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > 5) return false;
  const part = error as Record<string, unknown>;
  return holds(part) || anyCause(part["cause"], holds, depth + 1);
}

/** Loads a client, which is an optional peer. */
export async function loadClient<Client>(name: string, load: () => Promise<Client>): Promise<Client> {
  try {
    return await load();
  } catch (cause) {
    throw new VectorIndexError(
      "vectors_failed",
      `The package ${name} cannot be loaded: npm install ${name}`,
      { cause },
    );
  }
}
