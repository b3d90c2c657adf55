import type { Store } from "../../src/core/store.ts";

/** The operations that are compared, each acknowledged when its promise resolves. */
export const OPERATIONS = ["read a record", "create a record", "append a message", "push to a list"] as const;

export type Operation = (typeof OPERATIONS)[number];

/** Carries out operation number `n` in lane `lane`; lanes never write to the same conversation. */
export type Work = { readonly [operation in Operation]: (n: number, lane: number) => Promise<unknown> };

/**
 * An engine with Memoir's store on it, and beside it the bare driver doing the least that a memory needs, in one transaction each:
 * the data under its id, found by it and listed by time, of everybody and of the user; the entry of the index; a version, and for
 * records a history of versions; an entry of the feed. Left out is what only some callers ask for: idempotency keys, expiry,
 * duplicates, aliases, filters, tenants kept apart.
 */
export interface Engine {
  readonly name: string;
  /** What the bare side is called in the tables. */
  readonly driver: string;
  /** For `openMemory`: where the records of the measurement are. */
  readonly url: string;
  readonly store: Store;
  readonly bare: Work;
  /** Several operations at once in the way the bare driver does them best; left out where it is side by side. */
  readonly together?: (operation: Operation, from: number, count: number) => Promise<unknown>;
  /** Removes everything the measurement has left, and lets go. */
  close(): Promise<void>;
}

/** Records that are there to be read, and how many pushes or messages a conversation gets before the next one begins. */
export const READABLE = 1000;
export const LONGEST = 100;

/** Bytes of an index entry: a vector of 256 dimensions and the words of a text. */
export const ENTRY = {
  vector: new Float32Array(256).fill(1 / 16),
  features: new Uint8Array(300).fill(7),
} as const;
export const ENTRY_BYTES = Buffer.concat([Buffer.from(ENTRY.vector.buffer), Buffer.from(ENTRY.features)]);

/** When operation `n` takes place. */
export function instantOf(n: number): string {
  return new Date(BEGIN + n).toISOString();
}

const BEGIN = Date.UTC(2026, 4, 4);

/** The conversation that operation `n` of a lane goes to. */
export function conversation(n: number, lane: number): string {
  return `chat-${lane}-${Math.floor(n / LONGEST)}`;
}
