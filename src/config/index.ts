/**
 * Settings from the environment and from `memory.config.*`, for programs that open a memory themselves.
 *
 * @module
 */
import type { OpenOptions } from "../open-options.ts";
import { findConfigFile, readConfigFile } from "./file.ts";
import { openOptions } from "./options.ts";
import { CONFIG_VARIABLE, createSettings, type Environment } from "./settings.ts";

export { type Config, defineConfig } from "./file.ts";

/** Where settings are looked for. */
export interface ConfiguredOptions {
  /** Where the search for a settings file begins. Default: the working directory. */
  readonly folder?: string;
  /** Default: that of the process. */
  readonly environment?: Environment;
}

/**
 * What `openMemory` is to be given according to the environment, then to `memory.config.*`, then to the defaults.
 *
 * @example
 * const memory = await openMemory(await configured());
 *
 * @throws ValidationError naming the setting that is wrong and where it was given.
 */
export async function configured(options: ConfiguredOptions = {}): Promise<OpenOptions> {
  const { folder = process.cwd(), environment = process.env } = options;
  const path = environment[CONFIG_VARIABLE] || findConfigFile(folder);
  return openOptions(createSettings({}, environment, path === null ? null : await readConfigFile(path)));
}
