import { scopeCodec } from "../contract/wire.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { ResolvedScope } from "../core/scope.ts";
import type { SessionKey } from "../core/session/state.ts";
import type { CallOptions } from "../operations.ts";
import { checkSendable } from "./sendable.ts";

/** The fields of a scope besides its tenant, which travels in a header. */
export function encodeScope(scope: ResolvedScope): Record<string, string | null> {
  const { tenant: _, ...labels } = scope;
  // A lone surrogate would reach the server as another character, and so as another scope.
  for (const [field, label] of Object.entries(labels)) if (label !== null) checkLabel(label, field);
  return scopeCodec.encode(labels) as Record<string, string | null>;
}

/** What tells a session from others of its id. */
export function identity(key: SessionKey) {
  if (key.namespace !== null) checkLabel(key.namespace, "namespace");
  if (key.userId !== null) checkLabel(key.userId, "userId");
  return { namespace: key.namespace, user_id: key.userId };
}

/** Options as they go into a body: what steers the call itself stays here. */
export function encode(codec: { encode(value: unknown): unknown }, options: object): object {
  checkSendable(withoutSteering(options));
  return codec.encode(withoutSteering(options)) as object;
}

function withoutSteering(options: object): object {
  const { signal: _, idempotencyKey: __, ...rest } = options as CallOptions & { idempotencyKey?: string };
  return rest;
}

/** How a call that changes nothing is sent: as often as it takes. */
export function reading(tenant: string, options: CallOptions) {
  return { tenant: checkLabel(tenant, "tenant"), signal: options.signal, repeatable: true };
}

/** How a write is sent: with a key, so that it is done once however often it is sent. */
export function writing(tenant: string, options: CallOptions & { readonly idempotencyKey?: string }) {
  const { signal, idempotencyKey } = options;
  return {
    tenant: checkLabel(tenant, "tenant"),
    signal,
    idempotencyKey: idempotencyKey === undefined ? newKey() : checkLabel(idempotencyKey, "idempotencyKey"),
  };
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
