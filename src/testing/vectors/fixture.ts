import { EVERYTHING } from "../../core/filter/filter.ts";
import { UNRESTRICTED } from "../../core/scope.ts";
import { normalize } from "../../core/vector.ts";
import type {
  VectorHit,
  VectorIndex,
  VectorItem,
  VectorQuery,
  VectorSpace,
} from "../../core/vector-index.ts";
import { START } from "../build.ts";

/** A vector index to verify, and how to get at it. */
export interface VectorIndexSubject {
  /** Names the index in the output, for example `qdrant`. */
  readonly name: string;
  /** Opens a handle on the vectors of a space. Handles opened without a `reset` between them are on the same data. */
  open(space: VectorSpace): Promise<VectorIndex>;
  /** Removes all data of all spaces. No handle is open while it runs. It runs before every test. */
  reset(): Promise<void>;
  /**
   * Opens a handle whose engine does not answer, or fails as its first call would. Left out by an index that lives in this
   * process or is part of a store.
   */
  openUnreachable?(space: VectorSpace): Promise<VectorIndex>;
  /** Least part of the ten nearest that searches must find on average. Default 0.95. */
  readonly recall?: number;
  /** How far a cosine may be from the exact one. Default 0.0001. */
  readonly tolerance?: number;
  /** Runs of each property test. Default 10. */
  readonly runs?: number;
  /** Milliseconds one test may take. Default 60000. */
  readonly timeout?: number;
}

export const SPACE: VectorSpace = { embedder: "test/8", dimensions: 8 };

/** What a test of a vector index gets. */
export class VectorFixture {
  /** A first handle on an empty index of `SPACE`. */
  readonly index: VectorIndex;
  readonly tenant = "acme";
  readonly runs: number;
  readonly recall: number;
  readonly tolerance: number;
  readonly #subject: VectorIndexSubject;
  readonly #handles: VectorIndex[];
  #tenants = 0;

  private constructor(subject: VectorIndexSubject, index: VectorIndex) {
    this.#subject = subject;
    this.index = index;
    this.runs = subject.runs ?? 10;
    this.recall = subject.recall ?? 0.95;
    this.tolerance = subject.tolerance ?? 1e-4;
    this.#handles = [index];
  }

  static async run(
    subject: VectorIndexSubject,
    run: (fixture: VectorFixture) => Promise<void>,
  ): Promise<void> {
    await subject.reset();
    const fixture = new VectorFixture(subject, await subject.open(SPACE));
    try {
      await run(fixture);
    } finally {
      await fixture.#closeAll();
    }
  }

  /** One more handle, on the same data if it is the same space. */
  async another(space = SPACE): Promise<VectorIndex> {
    const index = await this.#subject.open(space);
    this.#handles.push(index);
    return index;
  }

  /** Closes every handle and opens the data anew. */
  async reopen(): Promise<VectorIndex> {
    await this.#closeAll();
    return this.another();
  }

  async unreachable(): Promise<VectorIndex> {
    const { openUnreachable } = this.#subject;
    if (!openUnreachable) throw new Error("This subject cannot be unreachable");
    const index = await openUnreachable(SPACE);
    this.#handles.push(index);
    return index;
  }

  /** A tenant nobody used yet, for the next run of a property. */
  freshTenant(): string {
    return `tenant-${++this.#tenants}`;
  }

  /** Searches with defaults that leave nothing out. */
  search(vector: Float32Array, query: Partial<VectorQuery> = {}, index = this.index): Promise<VectorHit[]> {
    return index.search(this.tenant, makeVectorQuery(vector, query));
  }

  async #closeAll(): Promise<void> {
    for (const handle of this.#handles.splice(0)) await handle.close();
  }
}

/** A query for everything near the vector. */
export function makeVectorQuery(vector: Float32Array, part: Partial<VectorQuery> = {}): VectorQuery {
  const { tenant: _, ...scope } = UNRESTRICTED;
  return { vector, scope, filter: EVERYTHING, now: START, limit: 10, ...part };
}

/** A unit vector in the direction of the numbers; those left out at the end are 0. */
export function direction(...numbers: readonly number[]): Float32Array {
  const vector = new Float32Array(SPACE.dimensions);
  vector.set(numbers);
  return normalize(vector);
}

/** An item in no scope but its tenant's, but for what `part` says. */
export function makeVectorItem(id: string, part: Partial<VectorItem> = {}): VectorItem {
  return {
    id,
    type: "semantic",
    namespace: null,
    userId: null,
    agentId: null,
    sessionId: null,
    vector: direction(1),
    ...part,
  };
}
