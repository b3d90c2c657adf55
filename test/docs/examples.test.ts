import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const examples = globSync("examples/*.ts").sort();

describe("every example runs and finds its own output right", () => {
  test.each(examples)("%s", async (example) => {
    const { stdout, stderr } = await promisify(execFile)("node", [
      "--import",
      "./scripts/self-reference.ts",
      example,
    ]);
    expect(stdout).not.toBe("");
    expect(stderr).toBe("");
  });
});

test("the list of examples is complete", () => {
  const listed = [...readFileSync("examples/README.md", "utf8").matchAll(/^\| \[([\w-]+\.ts)\]/gm)];
  expect(listed.map(([, name]) => name).sort()).toEqual(examples.map((example) => basename(example)));
});
