import type { FilterNode } from "../../../core/filter/filter.ts";
import type { IndexedRecord } from "../../../core/recall-index.ts";
import type { CandidateScope } from "../../../core/store-index.ts";
import { instantKey, toMilliseconds } from "../../../core/time.ts";

/** Some hundred kilobytes each. */
const SCOPES = 64;

/** What a scope is like is looked at again after so many milliseconds, or when so great a part of it is another. */
const LONGEST = 10 * 60_000;
const OTHER = 0.05;

/** What the database said of a scope. Instants as `instantKey` has them. */
export interface ScopeState {
  readonly size: number;
  /** The last change of the tenant then. */
  readonly sequence: string;
  /** When it was looked at, and from when on it may be another one without a change; null for never. */
  readonly from: string;
  readonly until: string | null;
  /** The highest row of the tenant. */
  readonly lastRow: number;
}

/** A scope with some of its records. */
export interface LookedAt {
  state: ScopeState;
  readonly first: ScopeState;
  readonly sample: readonly { readonly version: number; readonly record: IndexedRecord }[];
}

/** Large scopes as they were when they were last looked at, so that one query is enough for the next search. */
export class RememberedScopes<Scope extends LookedAt> {
  readonly #scopes = new Map<string, Scope>();

  get({ scope, filter, now }: CandidateScope): Scope | undefined {
    const known = this.#scopes.get(keyOf({ scope, filter, now }));
    if (!known) return undefined;
    const age = toMilliseconds(now) - toMilliseconds(known.first.from);
    return age >= 0 && age <= LONGEST ? known : undefined;
  }

  set(scope: CandidateScope, looked: Scope): void {
    const key = keyOf(scope);
    this.#scopes.delete(key);
    this.#scopes.set(key, looked);
    for (const oldest of this.#scopes.keys()) {
      if (this.#scopes.size <= SCOPES) return;
      this.#scopes.delete(oldest);
    }
  }

  /** Takes what was seen later; forgets the scope when it has become another. */
  seen(
    scope: CandidateScope,
    looked: Scope,
    { state, standing }: { state: ScopeState; standing: number },
  ): void {
    looked.state = state;
    const { first, sample } = looked;
    const isOther =
      standing < sample.length * (1 - OTHER) || Math.abs(state.size - first.size) > first.size * OTHER;
    const key = keyOf(scope);
    if (isOther && this.#scopes.get(key) === looked) this.#scopes.delete(key);
  }
}

/** Whether a scope has the size it had for sure, when no change was written since. */
export function stillKnown({ filter, now }: CandidateScope, { from, until }: ScopeState): boolean {
  const at = instantKey(now);
  return at >= from && (until === null || at < until) && !countsAccesses(filter);
}

/** Whether a filter asks for more than being valid. */
export function isNarrow(node: FilterNode): boolean {
  switch (node.form) {
    case "and":
    case "or":
      return node.nodes.some(isNarrow);
    case "not":
      return isNarrow(node.node);
    default:
      return !VALIDITY.has(node.field.name);
  }
}

const VALIDITY: ReadonlySet<string> = new Set(["validFrom", "validTo"]);

/** Accesses are counted without a change. */
function countsAccesses(filter: FilterNode): boolean {
  return /"(?:accessCount|lastAccessedAt)"/.test(JSON.stringify(filter));
}

/** Being valid now is asked for by every search, at another instant each. */
function keyOf({ scope, filter, now }: CandidateScope): string {
  const at = instantKey(now);
  return JSON.stringify([scope.tenant, scope.userId, filter], (_, value: unknown) => {
    const test = value as { field?: { name?: unknown }; value?: unknown } | null;
    const isNow = VALIDITY.has(String(test?.field?.name)) && test?.value === at;
    return isNow ? { ...test, value: "now" } : value;
  });
}
