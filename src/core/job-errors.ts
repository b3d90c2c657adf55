import { MemoirError, StoreError } from "./errors.ts";

/**
 * What drivers call a connection that is not there or breaks: codes of Node and of PostgreSQL's classes 08 and 57P, names of
 * node-redis.
 */
const UNREACHABLE =
  /^(E(CONN|HOST|NET|PIPE|TIMEDOUT|AI_)|ENOTFOUND|08|57P)|(Client|Socket|Connection)\w*(Closed|Offline|Timeout)/;

/**
 * The methods of an engine's adapter, with errors of this package's family: `store_unavailable` when the connection is the
 * trouble, which may be tried again, and `store_failed` for the rest.
 */
export function withStoreErrors<Methods extends object>(server: string, methods: Methods): Methods {
  const wrapped = Object.entries(methods).map(([name, method]) => [
    name,
    async (...given: unknown[]) => {
      try {
        return await (method as (...all: unknown[]) => Promise<unknown>)(...given);
      } catch (error) {
        throw storeErrorOf(server, error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Methods;
}

function storeErrorOf(server: string, error: unknown): unknown {
  if (!(error instanceof Error) || MemoirError.is(error)) return error;
  const code = "code" in error ? String(error.code) : "";
  const names = [code, error.name, error.constructor.name];
  const unreachable =
    names.some((name) => UNREACHABLE.test(name)) || /terminated|is closed/.test(error.message);
  return unreachable
    ? new StoreError("store_unavailable", `${server}, which keeps the jobs, does not answer.`, {
        cause: error,
      })
    : new StoreError("store_failed", `${server} failed with the jobs: ${error.message}`, { cause: error });
}
