/**
 * Adds to `package-lock.json` the packages for other platforms that npm left out because the registry it asked did not have
 * them. Without them `npm ci` refuses the file; with them it skips what does not fit the machine.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const LOCKFILE = new URL("../package-lock.json", import.meta.url);
const SYSTEMS = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

export async function readLockfile(): Promise<Lockfile> {
  return JSON.parse(await readFile(LOCKFILE, "utf8")) as Lockfile;
}

/** The optional dependencies that have no entry: `[dependent, name, version]` of each. */
export function missingPackages({
  packages,
}: Lockfile): [dependent: string, name: string, version: string][] {
  return Object.entries(packages).flatMap(([dependent, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(
        ([name]) =>
          !(`node_modules/${name}` in packages) && !(`${dependent}/node_modules/${name}` in packages),
      )
      .map(([name, version]): [string, string, string] => [dependent, name, version]),
  );
}

function platformEntry(name: string, version: string, dev: boolean) {
  const parts = name.split(/[/-]/);
  const system = SYSTEMS.find((known) => parts.includes(known));
  const processor = PROCESSORS.find((known) => parts.includes(known));
  if (!system || !processor) throw new Error(`${name} names no platform; add its entry by hand.`);
  const library = parts.some((part) => part.startsWith("musl"))
    ? "musl"
    : parts.some((part) => part.startsWith("gnu")) && system === "linux"
      ? "glibc"
      : null;
  return {
    version,
    cpu: [processor],
    ...(dev && { dev }),
    ...(library && { libc: [library] }),
    optional: true,
    os: [system],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lockfile = await readLockfile();
  const added = missingPackages(lockfile).map(([dependent, name, version]) => [
    `node_modules/${name}`,
    platformEntry(name, version, lockfile.packages[dependent]?.dev ?? false),
  ]);
  const { "": root, ...rest } = lockfile.packages;
  const sorted = Object.entries({ ...rest, ...Object.fromEntries(added) }).sort(([left], [right]) =>
    left.localeCompare(right, "en"),
  );
  const packages = { "": root, ...Object.fromEntries(sorted) };
  await writeFile(LOCKFILE, `${JSON.stringify({ ...lockfile, packages }, null, 2)}\n`);
  console.log(`${added.length} packages added to package-lock.json`);
}
