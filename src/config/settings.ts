import { isAbsolute, join, resolve } from "node:path";
import { ValidationError } from "../core/errors.ts";
import { type Definition, SETTING_NAMES, SETTINGS, type SettingName, type ValueOf } from "./definitions.ts";
import type { ConfigFile } from "./file.ts";

/** A value and where it came from, for example `--port` or `PORT in the environment`. */
export interface Setting<Value> {
  readonly value: Value;
  readonly source: string;
}

/** The settings of one run. Each is read when it is asked for, so a bad one troubles only those who need it. */
export interface Settings {
  /** @throws ValidationError naming the setting and the place it came from. */
  get<Name extends SettingName>(name: Name): Setting<ValueOf<Name>>;
  /** The URL of the store that keeps records, and sessions too where `workingUrl` gives none. */
  storeUrl(): Setting<string>;
  /** The URL of the store that keeps sessions; null when they are kept with the records. */
  workingUrl(): Setting<string> | null;
  /** The folder of execution records. */
  executionsFolder(): Setting<string>;
}

export type Flags = { readonly [Name in SettingName]?: string | undefined };
export type Environment = Readonly<Record<string, string | undefined>>;

/** A place where settings are given, and the name a setting has there. */
interface Layer {
  readonly get: (name: SettingName) => string | undefined;
  readonly source: (name: SettingName) => string;
}

/** Flags before environment before file before defaults. Empty text counts as not given. */
export function createSettings(flags: Flags, environment: Environment, file?: ConfigFile | null): Settings {
  const layers: readonly Layer[] = [
    { get: (name) => flags[name], source: (name) => SETTINGS[name].flag ?? name },
    {
      get: (name) => environment[SETTINGS[name].variable],
      source: (name) => `${SETTINGS[name].variable} in the environment`,
    },
    ...(file ? [layerOf(file)] : []),
  ];

  const read = <Name extends SettingName>(name: Name, layer: Layer | undefined): Setting<ValueOf<Name>> => {
    const definition = SETTINGS[name] as unknown as Definition<ValueOf<Name>>;
    const given = layer?.get(name);
    if (!layer || !given) return { value: definition.fallback, source: "default" };
    const source = layer.source(name);
    const value = definition.read(given);
    if (value === undefined)
      throw ValidationError.of(
        [source],
        `must be ${definition.expected}, not ${JSON.stringify(given)}`,
        given,
      );
    return { value, source };
  };
  const layerWith = (...names: SettingName[]) =>
    layers.find((layer) => names.some((name) => Boolean(layer.get(name))));
  const get: Settings["get"] = (name) => read(name, layerWith(name));

  const storeUrl = (): Setting<string> => {
    // A folder on the command line wins over a store in the environment, so all of them are settled in one layer.
    const layer = layerWith("store", "longTerm", "data");
    const [longTerm, store] = [read("longTerm", layer), read("store", layer)];
    if (longTerm.value !== null && store.value !== null && longTerm.value !== store.value)
      throw ValidationError.of([longTerm.source], `says the same as ${store.source}: give only one of them`);
    const { value, source } = longTerm.value === null ? store : longTerm;
    if (value !== null) return { value, source };
    const data = get("data");
    return { value: `sqlite:${join(data.value, "memory.db")}`, source: data.source };
  };

  return {
    get,
    storeUrl,
    executionsFolder() {
      const { value, source } = get("executionRecords");
      if (value !== null) return { value, source };
      const data = get("data");
      return { value: join(data.value, "executions"), source: data.source };
    },
    workingUrl() {
      const layer = layerWith("working", "useRedis");
      const working = read("working", layer);
      const useRedis = read("useRedis", layer);
      const { value } = working.value !== null ? working : useRedis.value ? get("redisUrl") : working;
      const source = working.value !== null ? working.source : useRedis.source;
      const store = storeUrl().value;
      // A server has its own places, and one store for both needs no second. A wish on the command line is passed on.
      const idle = value === store || (isRemote(store) && source !== SETTINGS.working.flag);
      return value === null || idle ? null : { value, source };
    },
  };
}

/** What a file says; paths in it count from where it lies. */
function layerOf({ path, folder, values }: ConfigFile): Layer {
  return {
    get(name) {
      const value = values[name];
      if (value === undefined || value === null) return undefined;
      const text = String(value);
      if (name === "data" || name === "modelFolder" || name === "executionRecords")
        return resolve(folder, text);
      return fromFolder(text, folder);
    },
    source: (name) => `${name} in ${path}`,
  };
}

/** The URL of a file made independent of the working directory; any other text as it is. */
function fromFolder(text: string, folder: string): string {
  const path = text.startsWith("sqlite:") ? text.slice("sqlite:".length) : "";
  return path === "" || path === ":memory:" || isAbsolute(path) ? text : `sqlite:${resolve(folder, path)}`;
}

/** Names in the environment that look like settings of ours and are none: misspelt, or another product's. */
export function unknownVariables(environment: Environment): string[] {
  const known = new Set<string>([CONFIG_VARIABLE, ...SETTING_NAMES.map((name) => SETTINGS[name].variable)]);
  return Object.keys(environment)
    .filter((name) => name.startsWith("MEMORY_") && !known.has(name))
    .sort();
}

/** The variable that names a settings file. */
export const CONFIG_VARIABLE = "MEMORY_CONFIG";

/** A URL as it may be shown and logged. */
export function withoutPassword(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:]*):[^/@]*@/i, "$1:***@")
    .replace(/([?&][a-z]*password=)[^&]*/gi, "$1***")
    .replace(/([?&]replica=)[^&]*/gi, "$1***");
}

export function isRemote(url: string): boolean {
  return /^https?:/i.test(url);
}
