import { ValidationError } from "../../core/errors.ts";

/** What a URL such as `qdrant://host:6333/collection` says. */
export interface VectorAddress {
  readonly scheme: string;
  /** True for `qdrant+https://…`. */
  readonly secure: boolean;
  /** Empty where the URL names none. */
  readonly host: string;
  readonly port: number | null;
  /** Start of the names of collections; null when the URL names none. */
  readonly collection: string | null;
  readonly user: string | null;
  /** The URL's password: a key or token. */
  readonly key: string | null;
  readonly parameters: URLSearchParams;
}

/** @throws ValidationError for what is no such URL; a password in it is not repeated */
export function readAddress(url: string): VectorAddress {
  const [, scheme = "", tls, rest = ""] = /^([a-z]+)(\+https)?:(.*)$/s.exec(url) ?? [];
  const parsed = scheme ? URL.parse(rest.startsWith("//") ? `http:${rest}` : `http://none/${rest}`) : null;
  if (!parsed)
    throw ValidationError.of("vectors", "must be a URL such as qdrant://HOST:PORT/COLLECTION or memory:");
  const collection = decodeURIComponent(parsed.pathname.slice(1));
  if (collection.includes("/"))
    throw ValidationError.of("vectors", "must name one collection after the host", collection);
  return {
    scheme,
    secure: tls !== undefined,
    host: rest.startsWith("//") ? parsed.hostname : "",
    port: parsed.port === "" ? null : Number(parsed.port),
    collection: collection || null,
    user: decodeURIComponent(parsed.username) || null,
    key: decodeURIComponent(parsed.password) || null,
    parameters: parsed.searchParams,
  };
}

/** The address as `http://host:port`. */
export function httpUrl({ secure, host, port }: VectorAddress, defaultPort: number): string {
  return `${secure ? "https" : "http"}://${host}:${port ?? (secure ? 443 : defaultPort)}`;
}
