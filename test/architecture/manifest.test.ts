import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { missingPackages, readLockfile } from "../../scripts/complete-lockfile.ts";
import { readEntries } from "../../scripts/entries.ts";

const entries = readEntries();

test("every entry of the package has a source", () => {
  expect(entries.filter(({ source }) => !existsSync(source)).map(({ source }) => source)).toEqual([]);
});

test("the compiler resolves the package's own name as its users do", () => {
  const { compilerOptions } = JSON.parse(readFileSync("tsconfig.json", "utf8"));
  const modules = entries.filter(({ specifier }) => specifier !== null);
  expect(compilerOptions.paths).toEqual(
    Object.fromEntries(modules.map(({ specifier, source }) => [specifier, [`./${source}`]])),
  );
});

test("every command starts with the line that makes it one", () => {
  const commands = entries.filter(({ specifier }) => specifier === null);
  expect(commands.length).toBeGreaterThan(0);
  for (const { source } of commands)
    expect(readFileSync(source, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test("the lock file installs anywhere: it names every platform and no host", async () => {
  const lockfile = await readLockfile();
  expect(missingPackages(lockfile)).toEqual([]);
  const hosts = Object.entries(lockfile.packages).filter(([, entry]) => "resolved" in entry);
  expect(hosts).toEqual([]);
});

test("dependencies are named by exact versions", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
  );
  expect(ranges).toEqual([]);
});
