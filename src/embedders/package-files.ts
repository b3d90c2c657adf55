import { existsSync } from "node:fs";

/**
 * The folder of the package this module belongs to, found from its `package.json`; so the same code finds the package's
 * files from `src` and from any chunk of `dist`.
 */
export function packageFolder(): URL {
  let folder = new URL(".", import.meta.url);
  while (!existsSync(new URL("package.json", folder))) {
    const parent = new URL("..", folder);
    if (parent.href === folder.href) break;
    folder = parent;
  }
  return folder;
}
