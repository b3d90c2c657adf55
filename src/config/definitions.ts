/** How one setting is called in each place it can be given, what it does, and how its text is read. */
export interface Definition<Value> {
  readonly flag: string | null;
  readonly variable: string;
  readonly fallback: Value;
  /** Reads the text, or gives undefined when it is no such value. */
  readonly read: (text: string) => Value | undefined;
  /** Completes "must be …". */
  readonly expected: string;
  /** What it decides, for the documentation. */
  readonly meaning: string;
}

const text = { read: (value: string): string => value };

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

const onOff = {
  flag: null,
  read: (value: string) =>
    /^(true|1|yes|on)$/i.test(value) ? true : /^(false|0|no|off)$/i.test(value) ? false : undefined,
  expected: "true or false",
};

const count = {
  flag: null,
  read: (value: string) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined),
  expected: "a whole number, 0 or more",
};

const seconds = {
  flag: null,
  read: (value: string) =>
    /^never$/i.test(value) ? null : Number(value) > 0 && Number(value) < 3.2e9 ? Number(value) : undefined,
  expected: "a number of seconds above 0, or never",
};

const url = {
  read: (value: string) => (/^[a-z][a-z0-9+.-]*:/i.test(value) ? value : undefined),
  expected: "a URL such as sqlite:PATH, redis://HOST, postgres://HOST/DATABASE or http://HOST:PORT",
};

/** Every setting, in the order the documentation lists them. */
export const SETTINGS = {
  data: define({
    ...text,
    flag: "--data",
    variable: "MEMORY_STORAGE_DIR",
    fallback: ".memoir",
    expected: "a folder",
    meaning: "folder of the data",
  }),
  store: define<string | null>({
    ...url,
    flag: "--store",
    variable: "MEMORY_STORE",
    fallback: null,
    meaning: "where memory is kept; when nothing is said, in a file in the folder of the data",
  }),
  longTerm: define<string | null>({
    ...url,
    flag: "--long-term",
    variable: "MEMORY_DATABASE_URL",
    fallback: null,
    meaning: "the same as `store`, to go with `working`",
  }),
  working: define<string | null>({
    ...url,
    flag: "--working",
    variable: "MEMORY_WORKING_STORE",
    fallback: null,
    meaning: "where sessions are kept, if not with the rest",
  }),
  useRedis: define({
    ...onOff,
    variable: "MEMORY_USE_REDIS",
    fallback: false,
    meaning: "keeps sessions in Redis, as `working` with the address of `redisUrl` does",
  }),
  redisUrl: define({
    ...url,
    flag: null,
    variable: "MEMORY_REDIS_URL",
    fallback: "redis://127.0.0.1:6379",
    meaning: "address of that Redis",
  }),
  jobs: define<string | null>({
    ...url,
    flag: "--jobs",
    variable: "MEMORY_JOBS",
    fallback: null,
    expected: "a URL such as redis://HOST, postgres://HOST/DATABASE or sqlite:PATH",
    meaning: "where background jobs are kept, if not with the rest",
  }),
  workers: define({
    ...count,
    flag: "--workers",
    variable: "MEMORY_WORKERS",
    fallback: 1,
    meaning: "background jobs done side by side in this process; 0 leaves them to `memoir worker`",
  }),
  embedder: define<"static" | "minilm" | "none">({
    flag: "--embedder",
    variable: "MEMORY_EMBEDDER",
    fallback: "static",
    read: (value) => (value === "static" || value === "minilm" || value === "none" ? value : undefined),
    expected: "static, minilm or none",
    meaning: "`static`, `minilm`, or `none` to search by words alone",
  }),
  reranker: define<"late-interaction" | null>({
    flag: "--reranker",
    variable: "MEMORY_RERANKER",
    fallback: null,
    read: (value) => (value === "late-interaction" ? value : value === "none" ? null : undefined),
    expected: "late-interaction or none",
    meaning: "`late-interaction` looks at the best hits again, token by token, with `minilm`",
  }),
  vectorSearch: define({
    ...onOff,
    variable: "MEMORY_ENABLE_VECTOR_SEARCH",
    fallback: true,
    meaning: "`false` says the same as the embedder `none`",
  }),
  vectors: define<string | null>({
    ...url,
    flag: "--vectors",
    variable: "MEMORY_VECTORS",
    fallback: null,
    expected: "a URL such as qdrant://HOST:PORT/COLLECTION",
    meaning: "a vector database that finds by meaning in very large scopes",
  }),
  vectorCollection: define({
    ...text,
    flag: null,
    variable: "MEMORY_VECTOR_STORE",
    fallback: "agent_memory",
    expected: "the name of a collection",
    meaning: "start of the names of its collections, when its URL names none",
  }),
  index: define<"auto" | "process" | "store">({
    flag: "--index",
    variable: "MEMORY_INDEX",
    fallback: "auto",
    read: (value) => (value === "auto" || value === "process" || value === "store" ? value : undefined),
    expected: "auto, process or store",
    meaning:
      "where records are looked for: in memory (`process`), by the engine of the store (`store`), or in memory up to 50,000 records of a scope and beyond that by the store, when it can",
  }),
  modelFolder: define<string | null>({
    ...text,
    flag: null,
    variable: "MEMORY_MODEL_DIR",
    fallback: null,
    expected: "a folder",
    meaning: "folder of the model of `minilm`; when nothing is said, the one `memoir models` fetched it into",
  }),
  cacheEnabled: define({
    ...onOff,
    variable: "MEMORY_CACHE_ENABLED",
    fallback: true,
    meaning: "keeps the vectors of questions, so that asking again needs no model",
  }),
  maxCacheSize: define({
    ...count,
    variable: "MEMORY_MAX_CACHE_SIZE",
    fallback: 1000,
    meaning: "how many of them",
  }),
  shortTermTtl: define<number | null>({
    ...seconds,
    variable: "MEMORY_SHORT_TERM_TTL",
    fallback: 86_400,
    meaning:
      "seconds a conversation lives after its last write, or `never`; when it is given, sessions that are begun without a time to live, too",
  }),
  sessionTimeout: define<number | null>({
    ...seconds,
    variable: "MEMORY_SESSION_TIMEOUT",
    fallback: 3600,
    meaning:
      "seconds a field of a conversation lives after its last write, or `never`; when it is given and `shortTermTtl` is not, sessions that are begun without a time to live, too",
  }),
  maxConversationHistory: define({
    ...count,
    variable: "MEMORY_MAX_CONVERSATION_HISTORY",
    fallback: 100,
    meaning:
      "how many of the newest messages a conversation gives when a call does not say; `memoir sessions` shows so many, and when it is given, prompts and contexts of the server have so many, too",
  }),
  idempotencyTtl: define<number | null>({
    ...seconds,
    variable: "MEMORY_IDEMPOTENCY_TTL",
    fallback: 86_400,
    meaning:
      "seconds in which a write repeated with its idempotency key is not done again; `never` forgets no key",
  }),
  changesTtl: define<number | null>({
    ...seconds,
    flag: "--changes-ttl",
    variable: "MEMORY_CHANGES_TTL",
    fallback: 30 * 86_400,
    meaning: "seconds the change feed reaches back, or `never` forgotten",
  }),
  versionsTtl: define<number | null>({
    ...seconds,
    flag: "--versions-ttl",
    variable: "MEMORY_VERSIONS_TTL",
    fallback: null,
    meaning:
      "seconds for which histories and questions about the past reach back, or `never` forgotten; the current version of a record always stays",
  }),
  versionsKept: define<number | null>({
    flag: "--versions-kept",
    variable: "MEMORY_VERSIONS_KEPT",
    fallback: null,
    read: (value) => (/^all$/i.test(value) ? null : /^[1-9]\d{0,8}$/.test(value) ? Number(value) : undefined),
    expected: "a whole number above 0, or all",
    meaning: "how many of the newest versions of a record stay, whatever `versionsTtl` says",
  }),
  autoCleanup: define({
    ...onOff,
    variable: "MEMORY_AUTO_CLEANUP",
    fallback: true,
    meaning: "removes what has expired, every minute; where it is off another process must do it",
  }),
  executionRecords: define<string | null>({
    ...text,
    flag: null,
    variable: "MEMORY_EXECUTION_RECORDS_DIR",
    fallback: null,
    expected: "a folder",
    meaning:
      "folder of what teams of agents have done; when nothing is said, `executions` in the folder of the data. Nothing is written there yet",
  }),
  host: define({
    ...text,
    flag: "--host",
    variable: "MEMORY_HOST",
    fallback: "127.0.0.1",
    expected: "a host name or address",
    meaning: "address the server listens on",
  }),
  port: define({
    flag: "--port",
    variable: "PORT",
    fallback: 8000,
    read: (value) => (/^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined),
    expected: "a port number from 0 to 65535",
    meaning: "its port",
  }),
  token: define<string | null>({
    ...text,
    flag: "--token",
    variable: "MEMORY_TOKEN",
    fallback: null,
    expected: "a token",
    meaning: "the token the server asks for, or a client sends",
  }),
  logLevel: define<string>({
    flag: "--log-level",
    variable: "LOG_LEVEL",
    fallback: "info",
    read: (value) => LOG_LEVELS.find((level) => level === value.toLowerCase()),
    expected: "one of trace, debug, info, warn, error, fatal, silent",
    meaning: "how much the server logs",
  }),
  longTermMemory: define({
    ...onOff,
    variable: "LONG_TERM_MEMORY",
    fallback: true,
    meaning: "`false` refuses every long-term operation of the server",
  }),
  indexAllMessages: define({
    ...onOff,
    variable: "INDEX_ALL_MESSAGES_IN_LONG_TERM_MEMORY",
    fallback: false,
    meaning: "keeps every message of a session as a record too",
  }),
  requireMessageTimestamps: define({
    ...onOff,
    variable: "REQUIRE_MESSAGE_TIMESTAMPS",
    fallback: false,
    meaning: "refuses messages without `created_at`",
  }),
  summarizationThreshold: define({
    flag: null,
    variable: "SUMMARIZATION_THRESHOLD",
    fallback: 0.7,
    read: (value) => (Number(value) > 0 && Number(value) <= 1 ? Number(value) : undefined),
    expected: "a number above 0, at most 1",
    meaning: "share of a model's window at which a conversation counts as full",
  }),
};

type Definitions = typeof SETTINGS;
export type SettingName = keyof Definitions;
export type ValueOf<Name extends SettingName> =
  Definitions[Name] extends Definition<infer Value> ? Value : never;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Infers the type of the value from the fallback. */
function define<Value>(definition: Definition<Value>): Definition<Value> {
  return definition;
}
