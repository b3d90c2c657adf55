import { ValidationError } from "../../core/errors.ts";
import type { Store } from "../../core/store.ts";
import { openPgliteStore } from "./pglite.ts";

/**
 * Opens `pglite:` for memory in this process, or `pglite:FOLDER`, either with `?schema=NAME`.
 * @throws ValidationError for any other option, and as `openPgliteStore`.
 */
export async function openPgliteUrl(url: string): Promise<Store> {
  const [, folder = "", query] = /^pglite:([^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  const options = new URLSearchParams(query);
  const schema = options.get("schema");
  for (const name of options.keys())
    if (name !== "schema") throw ValidationError.of(`store.${name}`, "is not an option of pglite:");
  return openPgliteStore({ ...(folder !== "" && { folder }), ...(schema !== null && { schema }) });
}
