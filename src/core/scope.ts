import { ValidationError } from "./errors.ts";
import { checkLabel } from "./identifiers.ts";
import { knownNames } from "./known-names.ts";

/** The tenant of callers that name none. */
export const DEFAULT_TENANT = "default";

/** Whose memory. A field that is set restricts to exactly that value; a field left out does not restrict. */
export interface Scope {
  /** Nothing crosses tenants: ids, statistics and change feeds are apart. Default `default`; chosen before any other field. */
  readonly tenant?: string;
  /** A free label, or a path of labels. A list is joined with `/`, with `%` and `/` inside its labels escaped. */
  readonly namespace?: string | readonly string[];
  readonly userId?: string;
  readonly agentId?: string;
  readonly sessionId?: string;
}

export const SCOPE_FIELDS = ["namespace", "userId", "agentId", "sessionId"] as const;
export type ScopeField = (typeof SCOPE_FIELDS)[number];

/** A checked scope: the tenant is known and each other field is a label or null for "not restricted". */
export interface ResolvedScope {
  readonly tenant: string;
  readonly namespace: string | null;
  readonly userId: string | null;
  readonly agentId: string | null;
  readonly sessionId: string | null;
}

export const UNRESTRICTED: ResolvedScope = {
  tenant: DEFAULT_TENANT,
  namespace: null,
  userId: null,
  agentId: null,
  sessionId: null,
};

const checkScopeNames = knownNames<Scope>("scope", {
  tenant: true,
  namespace: true,
  userId: true,
  agentId: true,
  sessionId: true,
});

/**
 * Narrows `base` by `scope`. A scope can only get narrower: changing a field that is already set is refused. So is a field
 * that is named but undefined, such as the id of a user who is not logged in: passed over, it would show everybody's memory.
 * @throws ValidationError when a field is unknown, a label is malformed or a field would change.
 */
export function narrowScope(base: ResolvedScope, scope: Scope): ResolvedScope {
  checkScopeNames(scope ?? null);
  const narrowed = { ...base };
  for (const field of SCOPE_FIELDS) {
    if (!Object.hasOwn(scope, field)) continue;
    const given = scope[field];
    const label = Array.isArray(given) ? joinNamespace(given) : checkLabel(given, field);
    if (base[field] !== null && base[field] !== label)
      throw ValidationError.of(field, `is already ${JSON.stringify(base[field])} in this scope`, label);
    narrowed[field] = label;
  }
  if (Object.hasOwn(scope, "tenant")) {
    const tenant = checkLabel(scope.tenant, "tenant");
    // Whoever was handed a part of one tenant's memory must not get out of it by naming another tenant.
    const chosen = base.tenant !== DEFAULT_TENANT || SCOPE_FIELDS.some((field) => base[field] !== null);
    if (chosen && base.tenant !== tenant)
      throw ValidationError.of("tenant", `is already ${JSON.stringify(base.tenant)} in this scope`, tenant);
    narrowed.tenant = tenant;
  }
  return narrowed;
}

/** Joins labels into a namespace so that different lists always give different text. */
export function joinNamespace(labels: readonly string[]): string {
  if (labels.length === 0) throw ValidationError.of("namespace", "must have at least one label", labels);
  const escaped = labels.map((label, index) =>
    checkLabel(label, ["namespace", index]).replaceAll("%", "%25").replaceAll("/", "%2F"),
  );
  return checkLabel(escaped.join("/"), "namespace");
}

/** The labels of a namespace that `joinNamespace` made. */
export function splitNamespace(namespace: string): string[] {
  return namespace.split("/").map((label) => label.replaceAll("%2F", "/").replaceAll("%25", "%"));
}

/** True when something that carries these fields lies inside the scope. */
export function inScope(scope: ResolvedScope, owner: Readonly<Record<ScopeField, string | null>>): boolean {
  return SCOPE_FIELDS.every((field) => scope[field] === null || scope[field] === owner[field]);
}

/** One text for several parts, never the same for different parts: stores use it where they need a single key. */
export function encodeKey(parts: readonly (string | null)[]): string {
  return JSON.stringify(parts);
}
