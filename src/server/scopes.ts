import { checkLabel } from "../core/identifiers.ts";
import type { ResolvedScope } from "../core/scope.ts";
import type { Call } from "./call.ts";

interface WireScope {
  readonly namespace?: string | null;
  readonly user_id?: string | null;
  readonly agent_id?: string | null;
  readonly session_id?: string | null;
}

/**
 * The scope a request names. An empty text is refused: whoever sends an empty user id means somebody, and must not be
 * given everybody.
 */
export function scopeOfCall(call: Pick<Call, "tenant">, wire: WireScope): ResolvedScope {
  const label = (name: keyof WireScope): string | null => {
    const value = wire[name];
    return value == null ? null : checkLabel(value, name);
  };
  return {
    tenant: call.tenant,
    namespace: label("namespace"),
    userId: label("user_id"),
    agentId: label("agent_id"),
    sessionId: label("session_id"),
  };
}

/** Everything of the tenant. */
export function wholeTenant(call: Pick<Call, "tenant">): ResolvedScope {
  return scopeOfCall(call, {});
}
