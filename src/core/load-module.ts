import { ValidationError } from "./errors.ts";

/**
 * Loads a module that a user names, such as a store of somebody else's.
 * @throws ValidationError when it cannot be found; what it throws itself goes through.
 */
export async function loadModule<Module>(specifier: string, field: string): Promise<Module> {
  try {
    return (await import(specifier)) as Module;
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "ERR_INVALID_MODULE_SPECIFIER") throw error;
    throw ValidationError.of(
      field,
      `names the module ${specifier}, which cannot be loaded: ${(error as Error).message}`,
    );
  }
}
