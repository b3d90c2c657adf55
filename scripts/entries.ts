/** The one table of what the package offers: `exports` and `bin` of package.json, with the source of each. */
import { readFileSync } from "node:fs";

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

export interface Entry {
  /** What a user imports, such as `memoir/client`; null for a command. */
  readonly specifier: string | null;
  /** Path without folder and extension, the same under `src` and `dist`, such as `client/index`. */
  readonly name: string;
  /** Such as `src/client/index.ts`. */
  readonly source: string;
}

export function readEntries(): Entry[] {
  const manifest: Manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const modules = Object.entries(manifest.exports).filter(([, output]) => output.endsWith(".js"));
  return [
    ...modules.map(([path, output]) => toEntry(`${manifest.name}${path.slice(1)}`, output)),
    ...Object.values(manifest.bin).map((output) => toEntry(null, output)),
  ];
}

function toEntry(specifier: string | null, output: string): Entry {
  const name = /^\.\/dist\/(.+)\.js$/.exec(output)?.[1];
  if (name === undefined) throw new Error(`package.json: ${output} is not a module in dist`);
  return { specifier, name, source: `src/${name}.ts` };
}
