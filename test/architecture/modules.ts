import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One `import` or `export … from` of a module. */
export interface Import {
  /** Path of a source, such as `src/core/time.ts`, or the specifier of a package or Node builtin. */
  readonly target: string;
  /** Whether it vanishes when types are stripped. */
  readonly typeOnly: boolean;
  /** Whether it is `import()`, which loads when it is reached. */
  readonly dynamic: boolean;
}

export interface Module {
  /** Such as `src/core/time.ts`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

// Biome keeps imports in this form, so no parser is needed.
const STATIC = /^(?:import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s+)?"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"/g;

/** Every module under `src`, by path. */
export function readModules(): ReadonlyMap<string, Module> {
  const paths = globSync("src/**/*.ts").filter((path) => !path.endsWith(".as.ts") && !path.endsWith(".d.ts"));
  return new Map(paths.sort().map((path) => [path, readModule(path)]));
}

function readModule(path: string): Module {
  const text = readFileSync(path, "utf8");
  const target = (specifier: string) =>
    specifier.startsWith(".") ? join(dirname(path), specifier) : specifier;
  const imports = [
    ...[...text.matchAll(STATIC)].map(([, type, specifier = ""]) => ({
      target: target(specifier),
      typeOnly: type !== undefined,
      dynamic: false,
    })),
    ...[...text.matchAll(DYNAMIC)].map(([, specifier = ""]) => ({
      target: target(specifier),
      typeOnly: false,
      dynamic: true,
    })),
  ];
  return { path, text, imports };
}

/** Everything that is loaded when `entry` is imported: sources and, as leaves, packages and builtins. */
export function staticGraph(modules: ReadonlyMap<string, Module>, entry: string): Set<string> {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const { target, typeOnly, dynamic } of modules.get(path)?.imports ?? []) {
      if (!typeOnly && !dynamic) visit(target);
    }
  };
  visit(entry);
  return reached;
}

/** Groups of modules that import one another around a circle, types included; `import()` breaks a circle. */
export function circles(modules: ReadonlyMap<string, Module>): string[][] {
  const reached = new Map([...modules.keys()].map((path) => [path, reachedFrom(modules, path)]));
  const found: string[][] = [];
  const seen = new Set<string>();
  for (const [path, others] of reached) {
    if (seen.has(path) || !others.has(path)) continue;
    const circle = [...others].filter((other) => reached.get(other)?.has(path));
    for (const member of circle) seen.add(member);
    found.push(circle.sort());
  }
  return found;
}

/** Every module that importing one leads to, itself only around a circle. */
function reachedFrom(modules: ReadonlyMap<string, Module>, entry: string): Set<string> {
  const reached = new Set<string>();
  const visit = (path: string) => {
    for (const { target, dynamic } of modules.get(path)?.imports ?? []) {
      if (dynamic || !modules.has(target) || reached.has(target)) continue;
      reached.add(target);
      visit(target);
    }
  };
  visit(entry);
  return reached;
}
