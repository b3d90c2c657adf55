import { type Area, describeAreas } from "./suite.ts";
import { VectorFixture, type VectorIndexSubject } from "./vectors/fixture.ts";
import { isolation } from "./vectors/isolation.ts";
import { searches } from "./vectors/searches.ts";
import { upkeep } from "./vectors/upkeep.ts";
import { writes } from "./vectors/writes.ts";

export { makeVectorItem, makeVectorQuery, type VectorIndexSubject } from "./vectors/fixture.ts";

/** Every behaviour a vector index must have. */
export const VECTOR_AREAS: readonly Area<VectorFixture>[] = [writes, searches, isolation, upkeep];

/**
 * Verifies that a vector index keeps the contract of `VectorIndex`: call it in a vitest file.
 *
 * @example
 * describeVectorIndex({
 *   name: "acme",
 *   open: (space) => openAcmeVectors({ url, space }),
 *   openUnreachable: (space) => openAcmeVectors({ url: "http://127.0.0.1:9", space }),
 *   reset: () => dropEverything(url),
 * });
 */
export function describeVectorIndex(subject: VectorIndexSubject): void {
  const { name, timeout = 60_000 } = subject;
  const missing = subject.openUnreachable ? [] : ["engine"];
  describeAreas({
    suite: "vectors",
    variant: name,
    timeout,
    areas: VECTOR_AREAS,
    missing: new Set(missing),
    withFixture: (run) => VectorFixture.run(subject, run),
  });
}
