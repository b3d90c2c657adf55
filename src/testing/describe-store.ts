import { feed, index } from "./store/derived.ts";
import { StoreFixture, type StoreSubject } from "./store/fixture.ts";
import { scopes, tenants } from "./store/isolation.ts";
import { durability, lifecycle } from "./store/lifecycle.ts";
import { listing } from "./store/listing.ts";
import { races } from "./store/races.ts";
import { records } from "./store/records.ts";
import { forgetting } from "./store/retention.ts";
import { sessionReads } from "./store/session-reads.ts";
import { sessionTime } from "./store/session-time.ts";
import { sessions } from "./store/sessions.ts";
import { taken } from "./store/taken.ts";
import { access, expiry, history } from "./store/time.ts";
import { aliases, batches, duplicates, idempotency } from "./store/writes.ts";
import { type Area, describeAreas } from "./suite.ts";

export type { StoreSubject } from "./store/fixture.ts";

/** Every behaviour a store must have. */
export const STORE_AREAS: readonly Area<StoreFixture>[] = [
  records,
  duplicates,
  aliases,
  batches,
  idempotency,
  history,
  forgetting,
  expiry,
  access,
  listing,
  feed,
  taken,
  index,
  sessions,
  sessionTime,
  sessionReads,
  tenants,
  scopes,
  races,
  durability,
  lifecycle,
];

/**
 * Verifies that a store keeps the contract of `Store`: call it in a vitest file.
 *
 * @example
 * describeStore({
 *   name: "acme",
 *   open: () => openAcmeStore({ url }),
 *   reset: () => dropEverything(url),
 * });
 */
export function describeStore(subject: StoreSubject): void {
  const { name, timeout = 60_000 } = subject;
  describeAreas({
    suite: "store",
    variant: name,
    timeout,
    areas: STORE_AREAS,
    missing: new Set(),
    withFixture: (run) => StoreFixture.run(subject, run),
  });
}
