import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly text: string;
}

/** The part of a bundler plugin this one needs. */
interface NoticesPlugin {
  readonly name: string;
  generateBundle(
    this: { emitFile(file: { type: "asset"; fileName: string; source: string }): unknown },
    options: unknown,
    bundle: Readonly<Record<string, { readonly type: string; readonly moduleIds?: readonly string[] }>>,
  ): void;
}

/** Writes the licence of every package that is bundled, as their licences ask. */
export function thirdPartyNotices(fileName: string): NoticesPlugin {
  return {
    name: "third-party-notices",
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((output) => output.moduleIds ?? []);
      const folders = new Set(modules.filter((id) => id.includes("node_modules")).map(packageFolder));
      const packages = [...folders].map(readPackage).sort((left, right) => (left.name < right.name ? -1 : 1));
      // Declarations are written in a bundle of their own, which has no code to give notice of.
      if (packages.length > 0) this.emitFile({ type: "asset", fileName, source: notices(packages) });
    },
  };
}

function packageFolder(moduleId: string): string {
  let folder = dirname(moduleId.replace(/^\0/, ""));
  while (!hasName(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Packages mark parts of themselves as ESM with a package.json that has only a type. */
function hasName(file: string): boolean {
  return existsSync(file) && "version" in JSON.parse(readFileSync(file, "utf8"));
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence file to ship with what is bundled of it.`);
  return { name, version, license, text: readFileSync(join(folder, file), "utf8").trim() };
}

function notices(packages: readonly BundledPackage[]): string {
  const parts = packages.map(
    ({ name, version, license, text }) => `${"-".repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`,
  );
  return `This package contains code of the following packages.\n\n${parts.join("\n")}`;
}
