import { join } from "node:path";
import { ValidationError } from "../core/errors.ts";

/** How one setting is called in each place it can be given, and how its text is read. */
interface Definition<Value> {
  readonly flag: string | null;
  readonly variable: string;
  readonly fallback: Value;
  /** Reads the text, or gives null when it is no such value. */
  readonly read: (text: string) => Value | null;
  /** Completes "must be …". */
  readonly expected: string;
}

const text = (value: string): string => value;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

const onOff = {
  flag: null,
  read: (value: string) =>
    /^(true|1|yes|on)$/i.test(value) ? true : /^(false|0|no|off)$/i.test(value) ? false : null,
  expected: "true or false",
};

/** Every setting. A file such as `memory.config.ts` joins as one more layer between flags and environment. */
const SETTINGS = {
  data: define({
    flag: "--data",
    variable: "MEMORY_STORAGE_DIR",
    fallback: ".memoir",
    read: text,
    expected: "a folder",
  }),
  store: define<string | null>({
    flag: "--store",
    variable: "MEMORY_STORE",
    fallback: null,
    read: (value) => (/^[a-z][a-z0-9+.-]*:/i.test(value) ? value : null),
    expected: "a URL such as sqlite:PATH, memory: or http://HOST:PORT",
  }),
  embedder: define<"static" | "minilm">({
    flag: "--embedder",
    variable: "MEMORY_EMBEDDER",
    fallback: "static",
    read: (value) => (value === "static" || value === "minilm" ? value : null),
    expected: "static or minilm",
  }),
  modelFolder: define<string | null>({
    flag: null,
    variable: "MEMORY_MODEL_DIR",
    fallback: null,
    read: text,
    expected: "a folder",
  }),
  host: define({
    flag: "--host",
    variable: "MEMORY_HOST",
    fallback: "127.0.0.1",
    read: text,
    expected: "a host name or address",
  }),
  port: define({
    flag: "--port",
    variable: "PORT",
    fallback: 8000,
    read: (value) => (/^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : null),
    expected: "a port number from 0 to 65535",
  }),
  logLevel: define<string>({
    flag: "--log-level",
    variable: "LOG_LEVEL",
    fallback: "info",
    read: (value) => LOG_LEVELS.find((level) => level === value.toLowerCase()) ?? null,
    expected: "one of trace, debug, info, warn, error, fatal, silent",
  }),
  longTermMemory: define({ ...onOff, variable: "LONG_TERM_MEMORY", fallback: true }),
  indexAllMessages: define({
    ...onOff,
    variable: "INDEX_ALL_MESSAGES_IN_LONG_TERM_MEMORY",
    fallback: false,
  }),
  requireMessageTimestamps: define({ ...onOff, variable: "REQUIRE_MESSAGE_TIMESTAMPS", fallback: false }),
  summarizationThreshold: define({
    flag: null,
    variable: "SUMMARIZATION_THRESHOLD",
    fallback: 0.7,
    read: (value) => (Number(value) > 0 && Number(value) <= 1 ? Number(value) : null),
    expected: "a number above 0, at most 1",
  }),
  token: define<string | null>({
    flag: "--token",
    variable: "MEMORY_TOKEN",
    fallback: null,
    read: text,
    expected: "a token",
  }),
};

type Definitions = typeof SETTINGS;
export type SettingName = keyof Definitions;
type ValueOf<Name extends SettingName> = Definitions[Name] extends Definition<infer Value> ? Value : never;

/** A value and where it came from, for example `--port` or `PORT in the environment`. */
export interface Setting<Value> {
  readonly value: Value;
  readonly source: string;
}

/** The settings of one run. Each is read when it is asked for, so a bad one troubles only those who need it. */
export interface Settings {
  /** @throws ValidationError naming the setting and the place it came from. */
  get<Name extends SettingName>(name: Name): Setting<ValueOf<Name>>;
  /** The URL of the store that `store` and `data` lead to. */
  storeUrl(): Setting<string>;
}

export type Flags = { readonly [Name in SettingName]?: string | undefined };
export type Environment = Readonly<Record<string, string | undefined>>;

/** A place where settings are given, and the name a setting has there. */
interface Layer {
  readonly get: (name: SettingName) => string | undefined;
  readonly source: (name: SettingName) => string;
}

/** Flags before environment before defaults. Empty text counts as not given. */
export function createSettings(flags: Flags, environment: Environment): Settings {
  const layers: readonly Layer[] = [
    { get: (name) => flags[name], source: (name) => SETTINGS[name].flag ?? name },
    {
      get: (name) => environment[SETTINGS[name].variable],
      source: (name) => `${SETTINGS[name].variable} in the environment`,
    },
  ];
  const get = <Name extends SettingName>(name: Name): Setting<ValueOf<Name>> => {
    const definition = SETTINGS[name] as unknown as Definition<ValueOf<Name>>;
    const layer = layers.find((candidate) => candidate.get(name));
    const given = layer?.get(name);
    if (!layer || !given) return { value: definition.fallback, source: "default" };
    const source = layer.source(name);
    const value = definition.read(given);
    if (value === null)
      throw ValidationError.of(
        [source],
        `must be ${definition.expected}, not ${JSON.stringify(given)}`,
        given,
      );
    return { value, source };
  };
  return {
    get,
    storeUrl() {
      // A folder on the command line wins over a store in the environment, so both are settled in one layer.
      const layer = layers.find((candidate) => candidate.get("store") || candidate.get("data"));
      const store = layer?.get("store") ? get("store") : null;
      if (store !== null && store.value !== null) return { value: store.value, source: store.source };
      const { value, source } = get("data");
      return { value: `sqlite:${join(value, "memory.db")}`, source };
    },
  };
}

/** Names in the environment that look like settings of ours and are none: misspelt, or another product's. */
export function unknownVariables(environment: Environment): string[] {
  const known = new Set<string>(Object.values(SETTINGS).map(({ variable }) => variable));
  return Object.keys(environment)
    .filter((name) => name.startsWith("MEMORY_") && !known.has(name))
    .sort();
}

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export function isRemote(url: string): boolean {
  return /^https?:/i.test(url);
}

/** Infers the type of the value from the fallback. */
function define<Value>(definition: Definition<Value>): Definition<Value> {
  return definition;
}
