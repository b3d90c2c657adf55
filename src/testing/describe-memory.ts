import { calls, concurrency } from "./memory/calls.ts";
import { deleting, updating } from "./memory/changes.ts";
import { context } from "./memory/context.ts";
import { conversationTime } from "./memory/conversation-time.ts";
import { conversations } from "./memory/conversations.ts";
import { MemoryFixture, type MemorySubject } from "./memory/fixture.ts";
import { past } from "./memory/history.ts";
import { idempotency } from "./memory/idempotency.ts";
import { filters, listing } from "./memory/listing.ts";
import { adding } from "./memory/records.ts";
import { scopes } from "./memory/scopes.ts";
import { recall } from "./memory/search.ts";
import { recallOfChanges } from "./memory/search-changes.ts";
import { recallInputs } from "./memory/search-input.ts";
import { messages, state } from "./memory/sessions.ts";
import { sleeping } from "./memory/sleeping.ts";
import { type Area, describeAreas } from "./suite.ts";

export type { MemoryCapabilities, MemoryOpening, MemorySubject } from "./memory/fixture.ts";

/** Every behaviour a memory must have, wherever it is kept. */
export const MEMORY_AREAS: readonly Area<MemoryFixture>[] = [
  adding,
  updating,
  deleting,
  past,
  idempotency,
  sleeping,
  listing,
  filters,
  recall,
  recallOfChanges,
  recallInputs,
  scopes,
  messages,
  state,
  context,
  conversations,
  conversationTime,
  calls,
  concurrency,
];

/**
 * Verifies that a memory behaves as every memory does, embedded on some store or remote: call it in a vitest file.
 *
 * @example
 * describeMemory({
 *   name: "acme",
 *   open: async ({ clock, ids }) => openMemory({ store: await openAcmeStore({ url }), clock, ids }),
 *   reset: () => dropEverything(url),
 * });
 */
export function describeMemory(subject: MemorySubject): void {
  const { name, timeout = 60_000, capabilities = {} } = subject;
  const missing = Object.entries(capabilities).flatMap(([capability, has]) =>
    has === false ? [capability] : [],
  );
  describeAreas({
    suite: "memory",
    variant: name,
    timeout,
    areas: MEMORY_AREAS,
    missing: new Set(missing),
    withFixture: (run) => MemoryFixture.run(subject, run),
  });
}
