import { TENANT_HEADER } from "../contract/routes.ts";
import { sha256Hex } from "../core/content-hash.ts";
import { MemoirError } from "../core/errors.ts";
import { checkLabel } from "../core/identifiers.ts";
import { type InstantInput, parseInstant, toMilliseconds } from "../core/time.ts";
import { Refusal } from "./errors.ts";

/** A credential. */
export interface AccessToken {
  readonly token: string;
  /** The only tenant it opens. Default: every tenant. */
  readonly tenant?: string;
  /** From this instant on it is refused. Default: never. */
  readonly expiresAt?: InstantInput;
}

/** Who may call: whoever sends one of these tokens. */
export interface AuthOptions {
  readonly tokens: readonly (string | AccessToken)[];
}

/**
 * Decides whose data a call may see.
 * @returns a function that gives the tenant of a call, or throws a 401 or 403. With `everyTenant` a token of one tenant is
 * refused.
 */
export function createGate(auth: AuthOptions | undefined, standard: string, now: () => number) {
  // Only digests are kept and compared: neither the time it takes nor a memory dump tells a token.
  const known = new Map(
    auth?.tokens.map((entry) => {
      const token = typeof entry === "string" ? { token: entry } : entry;
      const until = token.expiresAt === undefined ? null : parseInstant(token.expiresAt, "expiresAt");
      return [
        sha256Hex(token.token),
        { tenant: token.tenant, until: until === null ? null : toMilliseconds(until) },
      ] as const;
    }),
  );
  return (headers: Headers, everyTenant = false): string => {
    const asked = askedTenant(headers);
    if (!auth) return asked ?? standard;
    const token = credential(headers);
    if (token === null) throw new Refusal(401, "Missing authorization header", "unauthorized");
    const entry = known.get(sha256Hex(token));
    if (!entry) throw new Refusal(401, "Invalid token", "unauthorized");
    if (entry.until !== null && now() >= entry.until)
      throw new Refusal(401, "Token has expired", "unauthorized");
    if (entry.tenant !== undefined && asked !== null && asked !== entry.tenant)
      throw new Refusal(403, "This token does not cover the tenant", "forbidden");
    if (entry.tenant !== undefined && everyTenant)
      throw new Refusal(403, "This needs a token that covers every tenant", "forbidden");
    return entry.tenant ?? asked ?? standard;
  };
}

function credential(headers: Headers): string | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  return bearer ?? headers.get("x-api-key");
}

function askedTenant(headers: Headers): string | null {
  const header = headers.get(TENANT_HEADER);
  if (header === null) return null;
  try {
    return checkLabel(decodeURIComponent(header), "tenant");
  } catch (error) {
    const reason = MemoirError.is(error) ? error.message : "must be percent-encoded UTF-8";
    throw new Refusal(400, `${TENANT_HEADER}: ${reason}`);
  }
}

/**
 * Refuses requests that a web page on another site made a browser send: to a name that was rebound to this machine, or
 * straight to this address from a foreign origin. `hosts` are names without port; null for no check.
 */
export function checkHost(headers: Headers, hosts: readonly string[] | null): void {
  if (hosts === null) return;
  const host = headers.get("host");
  if (host !== null && !hosts.includes(hostname(`http://${host}`)))
    throw new Refusal(403, "This server does not answer to that host name", "forbidden", {
      remedy: "Call it by localhost, or add the name to the hosts the server answers to.",
    });
  const origin = headers.get("origin");
  if (origin !== null && !hosts.includes(hostname(origin)))
    throw new Refusal(403, "This server does not answer to pages of that origin", "forbidden", {
      remedy: "Call it from a program, or add the origin's host to those the server answers to.",
    });
}

function hostname(url: string): string {
  return URL.parse(url)?.hostname ?? "";
}
