import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, inject, test } from "vitest";
import { readEntries } from "../../scripts/entries.ts";
import { run } from "./install.ts";

const installed = join(inject("consumer"), "node_modules/memoir");
const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));

test("every entry is there, with its types", () => {
  for (const { specifier, name } of readEntries()) {
    expect(existsSync(join(installed, `dist/${name}.js`)), name).toBe(true);
    if (specifier !== null) expect(existsSync(join(installed, `dist/${name}.d.ts`)), name).toBe(true);
  }
});

test("it brings the default model and no other, and no sources", () => {
  expect(readdirSync(join(installed, "models"))).toEqual(["static-256-int8"]);
  expect(existsSync(join(installed, "src"))).toBe(false);
  expect(existsSync(join(installed, "test"))).toBe(false);
});

test("it brings its licence and those of what it bundles", () => {
  expect(existsSync(join(installed, "LICENSE"))).toBe(true);
  const notices = readFileSync(join(installed, "dist/THIRD-PARTY-NOTICES"), "utf8");
  for (const name of ["@noble/hashes", "chrono-node", "gpt-tokenizer", "ulid", "wink-porter2-stemmer", "zod"])
    expect(notices).toMatch(
      new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC|Apache-2.0|BSD-[23]-Clause)\\)$`, "m"),
    );
});

test("it runs no script when it is installed", () => {
  const hooks = Object.keys(manifest.scripts ?? {}).filter((name) =>
    /^(pre|post)?(install|prepare)/.test(name),
  );
  expect(hooks).toEqual([]);
});

test("publint has nothing to say", () => {
  const { stdout } = run(resolve("node_modules/.bin/publint"), ["--strict", inject("tarball")], resolve("."));
  expect(stdout).toContain("All good!");
});

test("every entry resolves to the right types in every module mode", () => {
  // Ends with an error when there is a problem.
  const { stdout } = run(
    resolve("node_modules/.bin/attw"),
    [inject("tarball"), "--profile", "esm-only", "--format", "ascii", "--no-emoji"],
    resolve("."),
  );
  for (const { specifier } of readEntries())
    if (specifier !== null) expect(stdout).toContain(`"${specifier}"`);
});

test.each(["index.js", "client/index.js"])("%s loads no Node builtin and no package", (entry) => {
  const reached = new Set<string>();
  const foreign = new Set<string>();
  const visit = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(STATIC_IMPORT)) {
      if (specifier.startsWith(".")) visit(join(dirname(file), specifier));
      else foreign.add(specifier);
    }
  };
  visit(join(installed, "dist", entry));
  expect(reached.size).toBeGreaterThan(1);
  expect([...foreign]).toEqual([]);
});

const STATIC_IMPORT = /^(?:import|export)\s*(?:[^"'()]*?\sfrom\s*)?["']([^"']+)["']/gm;
