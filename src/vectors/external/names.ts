import { sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { sha256Hex } from "../../core/content-hash.ts";
import { encodeKey } from "../../core/scope.ts";
import type { VectorSpace } from "../../core/vector-index.ts";

/** The namespace of RFC 9562 for names of objects. */
const OBJECTS = "6ba7b8129dad11d180b400c04fd430c8";

/** The UUID (version 5) that stands for a record where an engine takes no other ids. */
export function itemKey(tenant: string, id: string): string {
  return uuid(["item", tenant, id]);
}

/** The UUID of the point that keeps a tenant's place in the feed. */
export function positionKey(tenant: string): string {
  return uuid(["position", tenant]);
}

/** The UUID that stands for a tenant where tenants have namespaces of their own. */
export function namespaceName(tenant: string): string {
  return uuid(["tenant", tenant]);
}

function uuid(parts: readonly string[]): string {
  const bytes = sha1(new Uint8Array([...hexToBytes(OBJECTS), ...utf8ToBytes(encodeKey(parts))])).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Name of the collection of a space: what somebody can read, and a hash, for no two spaces share one. Of letters, digits and
 * `separator`.
 */
export function collectionName(
  collection: string,
  { embedder, dimensions }: VectorSpace,
  { separator = "_", most = 200 }: { separator?: string; most?: number } = {},
): string {
  const hash = sha256Hex(encodeKey([embedder, String(dimensions)])).slice(0, 10);
  const readable = [collection, embedder, String(dimensions)]
    .map((part) => part.replaceAll(/[^A-Za-z0-9]+/g, separator))
    .join(separator);
  return `${readable.slice(0, most - hash.length - 1)}${separator}${hash}`;
}
