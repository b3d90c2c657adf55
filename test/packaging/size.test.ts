import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";

const MEGABYTE = 1_000_000;
/** Of everything that installing the package brings, models left out. */
const LARGEST_INSTALL = 15 * MEGABYTE;
const MOST_PACKAGES = 40;

const modules = join(inject("consumer"), "node_modules");

function sizeOf(path: string): number {
  const entry = lstatSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function packagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .flatMap(({ name }) =>
      name.startsWith("@") ? readdirSync(join(folder, name)).map((part) => `${name}/${part}`) : [name],
    );
}

test("an installation is small", () => {
  const total = sizeOf(modules);
  const models = sizeOf(join(modules, "memoir/models"));
  const own = sizeOf(join(modules, "memoir"));
  const packages = packagesIn(modules);
  const inMegabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`;
  process.stdout.write(
    `Installed: ${inMegabytes(total)} with models, ${inMegabytes(total - models)} without; ` +
      `the package itself ${inMegabytes(own - models)} and ${inMegabytes(models)} of models; ${packages.length} packages\n`,
  );
  expect(models).toBeGreaterThan(MEGABYTE);
  expect(total - models).toBeLessThan(LARGEST_INSTALL);
  expect(packages.length).toBeLessThan(MOST_PACKAGES);
});
