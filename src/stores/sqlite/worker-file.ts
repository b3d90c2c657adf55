/** Where a worker of this folder is: the same place in the sources and in the published package, wherever modules were put. */
export function workerFile(name: string): URL {
  const here = import.meta.url;
  if (here.endsWith(".ts")) return new URL(`${name}.ts`, here);
  const dist = here.slice(0, here.lastIndexOf("/dist/") + "/dist/".length);
  return new URL(`stores/sqlite/${name}.js`, dist);
}
