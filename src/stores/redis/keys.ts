import { DEFAULT_TENANT } from "../../core/scope.ts";
import type { SessionKey } from "../../core/session/state.ts";

/** Where the names of all tenants are. */
export function tenantsKey(prefix: string): string {
  return `${prefix}:tenants`;
}

/** A key of a tenant. All keys of a tenant share a hash tag, so that a cluster keeps them in one slot. */
export function tenantKey(prefix: string, tenant: string, field: string): string {
  return tenantKeyBase(prefix, tenant) + field;
}

/** What the keys of a tenant begin with. */
export function tenantKeyBase(prefix: string, tenant: string): string {
  return `${prefix}:tenant:{${escapeLabel(tenant)}}:`;
}

/**
 * A key of a session: `memory:conv:{conversation_id}:field`. The braces are part of the key: they make all fields of a
 * conversation live in one slot of a cluster.
 */
export function sessionFieldKey(prefix: string, key: SessionKey, field: string): string {
  return sessionKeyBase(prefix, key) + field;
}

/** What the keys of a session begin with. */
export function sessionKeyBase(prefix: string, key: SessionKey): string {
  return `${prefix}:conv:{${conversationId(key)}}:`;
}

/**
 * One text for a session's identity: the plain session id where nothing else is said, otherwise
 * `tenant/namespace/user/session` with nothing between the slashes for what is not said. Slashes and braces inside of a
 * label are escaped, so no two sessions share a text.
 */
export function conversationId({ tenant, namespace, userId, sessionId }: SessionKey): string {
  if (tenant === DEFAULT_TENANT && namespace === null && userId === null) return escapeLabel(sessionId);
  return [tenant, namespace ?? "", userId ?? "", sessionId].map(escapeLabel).join("/");
}

/** A closing brace would end the hash tag early, and an empty tag is none. */
function escapeLabel(label: string): string {
  if (!/[%{}/]/.test(label)) return label;
  return label.replace(/[%{}/]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A session's identity inside of its tenant: labels have no NUL, and an empty place is null. Sorts by session id. */
export function sessionMember({ sessionId, namespace, userId }: SessionKey): string {
  return [sessionId, namespace ?? "", userId ?? ""].join("\0");
}

export function sessionOfMember(tenant: string, member: string): SessionKey {
  const [sessionId = "", namespace = "", userId = ""] = member.split("\0");
  return { tenant, namespace: namespace || null, userId: userId || null, sessionId };
}
