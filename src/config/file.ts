import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ValidationError } from "../core/errors.ts";
import { SETTING_NAMES, type SettingName, type ValueOf } from "./definitions.ts";

/** What `memory.config.ts`, `.js` or `.json` may say. */
export type Config = { readonly [Name in SettingName]?: ValueOf<Name> | undefined };

/** Checks the type of a configuration, for editors; gives it back. */
export function defineConfig(config: Config): Config {
  return config;
}

/** A settings file as it was read. */
export interface ConfigFile {
  readonly path: string;
  readonly folder: string;
  readonly values: Config;
}

const NAMES = ["ts", "mts", "js", "mjs", "json"].map((extension) => `memory.config.${extension}`);

/** The nearest settings file in the folder or one above it; null when there is none. */
export function findConfigFile(folder: string): string | null {
  for (let current = resolve(folder); ; current = dirname(current)) {
    const found = NAMES.map((name) => join(current, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(current) === current) return null;
  }
}

/**
 * Reads a settings file: a module whose default export is an object, or JSON.
 * @throws ValidationError when it cannot be read, or has a key that is no setting.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const file = resolve(path);
  const values = await load(file);
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw ValidationError.of([file], "must export an object of settings as its default", values);
  for (const [name, value] of Object.entries(values)) {
    const place = [`${name} in ${file}`];
    if (!SETTING_NAMES.includes(name as SettingName))
      throw ValidationError.of(place, `is no setting; there are: ${SETTING_NAMES.join(", ")}`);
    if (typeof value === "object" && value !== null)
      throw ValidationError.of(place, "must be a text, a number, true or false", value);
  }
  return { path: file, folder: dirname(file), values };
}

async function load(file: string): Promise<unknown> {
  try {
    if (extname(file) === ".json") return JSON.parse(await readFile(file, "utf8"));
    return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw ValidationError.of([file], `cannot be read as settings: ${reason}`);
  }
}
