import { ValidationError } from "../../core/errors.ts";

/** What a `postgres://` URL says. */
export interface Address {
  /** The URL without the options that are the store's own. */
  readonly connectionString: string;
  readonly schema: string;
  readonly poolSize: number;
  readonly timeoutMs: number;
  /** How many partitions the large tables get when the schema is made; 0 for none. */
  readonly partitions: number;
  /** Whether others are told of changes, and heard. */
  readonly notify: boolean;
  /** URLs of replicas that may answer reads. */
  readonly replicas: readonly string[];
}

export const DEFAULTS = { schema: "memoir", poolSize: 10, timeoutMs: 30_000 } as const;

/** Options that are handed on, https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS. */
const OF_LIBPQ = new Set([
  ...["host", "port", "user", "password", "options", "application_name", "client_encoding", "keepalives"],
  ...[
    "ssl",
    "sslmode",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslnegotiation",
    "channel_binding",
    "connect_timeout",
  ],
  ...["target_session_attrs", "gssencmode", "fallback_application_name"],
]);

/** PostgreSQL cuts longer names off, and two schemas would become one. */
const LONGEST_NAME = 63;

const ON = /^(on|true|yes|1)$/i;
const OFF = /^(off|false|no|0)$/i;

/** What other stores of history switch on: here it is part of every write. */
const ALWAYS_ON = ["archive", "version_control"] as const;

/**
 * Reads `postgres://user:password@host:port/database` with the options `schema`, `pool`, `timeout`, `partitions`, `notify`,
 * `replica`, `archive` and `version_control`; all others mean what they mean to libpq.
 * @throws ValidationError that names the option and never repeats the URL, which may hold a password.
 */
export function readAddress(url: string): Address {
  if (!URL.canParse(url)) throw ValidationError.of("store", "is not a valid PostgreSQL URL");
  const parsed = new URL(url);
  const own = (name: string) => {
    const value = parsed.searchParams.get(name);
    parsed.searchParams.delete(name);
    return value;
  };
  const schema = checkSchema(own("schema") ?? DEFAULTS.schema);
  const poolSize = wholeNumber("pool", own("pool"), DEFAULTS.poolSize);
  const timeoutMs = wholeNumber("timeout", own("timeout"), DEFAULTS.timeoutMs);
  const partitionCount = own("partitions");
  const partitions = partitionCount === null ? 0 : wholeNumber("partitions", partitionCount, 0);
  const notify = onOrOff("notify", own("notify") ?? "on");
  for (const name of ALWAYS_ON)
    if (!ON.test(own(name) ?? "on"))
      throw ValidationError.of(
        `store.${name}`,
        "is always on: what a record was goes when the record is erased",
      );
  const replicas = parsed.searchParams.getAll("replica").map(readReplica);
  parsed.searchParams.delete("replica");
  const connectionString = forLibpq(parsed, (name) =>
    ValidationError.of(`store.${name}`, "is not an option of postgres://"),
  );
  return { connectionString, schema, poolSize, timeoutMs, partitions, notify, replicas };
}

function readReplica(url: string): string {
  if (!/^postgres(ql)?:/i.test(url) || !URL.canParse(url))
    throw ValidationError.of("store.replica", "is not a valid PostgreSQL URL");
  return forLibpq(new URL(url), (name) =>
    ValidationError.of("store.replica", `cannot have the option ${name}: a replica has what is libpq's`),
  );
}

/** The URL with options of libpq and no others, as `pg` takes them. */
function forLibpq(url: URL, refusal: (name: string) => ValidationError): string {
  for (const name of url.searchParams.keys()) if (!OF_LIBPQ.has(name)) throw refusal(name);
  // `pg` gives the modes of TLS another meaning unless it is asked for libpq's.
  if (url.searchParams.has("sslmode")) url.searchParams.set("uselibpqcompat", "true");
  return url.href;
}

/** @throws ValidationError for a name that PostgreSQL would refuse, cut off or keep for itself. */
export function checkSchema(schema: string): string {
  const fits = schema !== "" && !schema.includes("\0") && Buffer.byteLength(schema) <= LONGEST_NAME;
  if (!fits || /^pg_/i.test(schema))
    throw ValidationError.of(
      "store.schema",
      `must be a name of 1 to ${LONGEST_NAME} bytes that does not begin with pg_`,
      schema,
    );
  return schema;
}

function wholeNumber(name: string, text: string | null, fallback: number): number {
  if (text === null) return fallback;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 2 ** 31 - 1)
    throw ValidationError.of(`store.${name}`, "must be a whole number above 0", text);
  return number;
}

function onOrOff(name: string, text: string): boolean {
  if (!ON.test(text) && !OFF.test(text)) throw ValidationError.of(`store.${name}`, "must be on or off", text);
  return ON.test(text);
}
