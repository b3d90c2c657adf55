/**
 * The client of a memory server. It implements the same operations as an embedded memory, uses nothing but `fetch`, and
 * runs wherever that is.
 *
 * @module
 */
import { ValidationError } from "../core/errors.ts";
import { RemoteOperations } from "./remote.ts";
import { type ClientOptions, Transport } from "./transport.ts";

/**
 * Connects to a memory server. Nothing is sent before the first call.
 *
 * @example
 * const memory = new Memory({ operations: connectMemory("http://127.0.0.1:8000") });
 *
 * @throws ValidationError when the address is no http or https URL.
 */
export function connectMemory(url: string, options: ClientOptions = {}): RemoteOperations {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:")
    throw ValidationError.of("url", "must be an http or https URL", url);
  return new RemoteOperations(new Transport(url, options));
}

export type { FollowRemoteOptions } from "./events.ts";
export { RemoteOperations } from "./remote.ts";
export type { ClientOptions } from "./transport.ts";
