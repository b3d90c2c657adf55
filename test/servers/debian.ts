import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Programs of one Debian release. */
export interface Release {
  readonly name: string;
  readonly packages: readonly string[];
  /** Where their executables are, seen from the root of the file system. */
  readonly executables: readonly string[];
}

const KEYS = "usr/share/keyrings/debian-archive-keyring.gpg";

/** Dependencies that the servers do not call: a compiler for queries, Perl, languages, and what sets a system up. */
const UNNEEDED =
  /^(adduser|base-passwd|debconf|libc-bin|libc-l10n|libllvm|libperl|libz3|locales|login|openssl$|passwd|perl|procps|ucf)/;

/** Read by every user of the machine, since servers do not run as root. */
function cacheFolder(): string {
  const own = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(process.getuid?.() === 0 ? "/var/cache" : own, "memoir-test-servers");
}

/**
 * Unpacks programs of a Debian release into a folder and gives that folder. They run with the C library of their release, so
 * they run on any Linux, and nothing is installed: apt and dpkg work on folders of their own and need no root.
 *
 * @throws Error where there is no apt, or its server cannot be reached.
 */
export async function unpackRelease(release: Release): Promise<string> {
  const recipe = createHash("sha256").update(JSON.stringify(release)).digest("hex").slice(0, 8);
  const folder = join(cacheFolder(), `${release.name}-${recipe}`);
  if (await exists(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true, mode: 0o755 });
  const work = await mkdtemp(join(cacheFolder(), "unpacking-"));
  try {
    const root = join(work, "root");
    await unpackPackages(release, work, root);
    await wrapExecutables(release.executables, root, folder);
    await chmod(root, 0o755);
    await rename(root, folder);
  } catch (cause) {
    // Another run may have been faster.
    if (!(await exists(folder))) throw new Error(`Debian's packages: ${reasonOf(cause)}`, { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

async function unpackPackages({ name, packages }: Release, work: string, root: string): Promise<void> {
  const archives = join(work, "archives");
  for (const folder of ["lists/partial", "cache/archives/partial", "archives", "root"])
    await mkdir(join(work, folder), { recursive: true });
  const keys = await debianKeys(work);
  await writeFile(
    join(work, "sources.list"),
    `deb [signed-by=${keys}] http://deb.debian.org/debian ${name} main\n`,
  );
  await writeFile(join(work, "status"), "");
  await writeFile(
    join(work, "apt.conf"),
    [
      `Dir::Etc::SourceList "${work}/sources.list";`,
      'Dir::Etc::SourceParts "/dev/null";',
      `Dir::State "${work}";`,
      `Dir::State::status "${work}/status";`,
      `Dir::Cache "${work}/cache";`,
      'APT::Install-Recommends "false";',
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
      'Acquire::Retries "3";',
    ].join("\n"),
  );
  const apt = (...parameters: string[]) =>
    run("apt-get", ["-q", ...parameters], {
      cwd: archives,
      env: { ...process.env, APT_CONFIG: join(work, "apt.conf"), LC_ALL: "C" },
      maxBuffer: 64 << 20,
    });
  await apt("update");
  const { stdout } = await apt("install", "--simulate", "--yes", ...packages);
  const wanted = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, found = ""]) => found);
  await apt("download", ...wanted.filter((found) => !UNNEEDED.test(found)));
  for (const archive of await readdir(archives)) await run("dpkg", ["-x", join(archives, archive), root]);
}

/** Debian has the keys of its own packages, Ubuntu has them in a package. */
async function debianKeys(work: string): Promise<string> {
  if (await exists(`/${KEYS}`)) return `/${KEYS}`;
  const folder = join(work, "keys");
  await mkdir(folder);
  await run("apt-get", ["-q", "download", "debian-archive-keyring"], { cwd: folder });
  for (const archive of await readdir(folder)) await run("dpkg", ["-x", join(folder, archive), folder]);
  return join(folder, KEYS);
}

/** Puts a script in the place of each executable, which starts it with the C library beside it. */
async function wrapExecutables(
  executables: readonly string[],
  root: string,
  destination: string,
): Promise<void> {
  const [loader, , libraries] = withLibraryOf(root, destination);
  for (const executable of executables) {
    await rename(join(root, executable), join(root, `${executable}.unwrapped`));
    const program = `${join(destination, executable)}.unwrapped`;
    const script = `#!/bin/sh\nexec "${loader}" --argv0 "$0" --library-path "${libraries}" "${program}" "$@"\n`;
    await writeFile(join(root, executable), script, { mode: 0o755 });
  }
}

/** Words before the path of a program, which start it with the C library of a release. */
export function withLibraryOf(root: string, destination = root): [string, string, string] {
  const [found] = globSync(["lib/*-linux-gnu/ld-linux*", "usr/lib/*-linux-gnu/ld-linux*"], { cwd: root });
  if (!found) throw new Error("the C library was not among the packages");
  const loader = join(destination, found);
  const triplet = basename(dirname(loader));
  const libraries = ["lib", "usr/lib"].map((path) => join(destination, path, triplet)).join(":");
  return [loader, "--library-path", libraries];
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The last line that a program wrote about its failure, or that there is no such program. */
function reasonOf(cause: unknown): string {
  const { code, path, stderr, message } = cause as Error & { code?: string; path?: string; stderr?: string };
  if (code === "ENOENT" && path) return `there is no ${path} on this machine`;
  return stderr?.trim().split("\n").at(-1) ?? message;
}
