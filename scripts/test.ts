/** Runs every check of the sources and closes with one line that counts. Arguments go to vitest. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { countTests, readReport, reportFile } from "./test-report.ts";

const REPORT = reportFile("main");
const vitest = ["vitest", "run", "--project", "main", "--reporter=default", "--reporter=json"];
const checks: Readonly<Record<string, readonly string[]>> = {
  lint: ["biome", "check", "."],
  types: ["tsc", "--noEmit"],
  "unused code": ["knip"],
  tests: [...vitest, `--outputFile.json=${REPORT}`, ...process.argv.slice(2)],
};

rmSync(REPORT, { force: true });
const failed: string[] = [];
for (const [name, [command = "", ...parameters]] of Object.entries(checks)) {
  const { status } = spawnSync(command, parameters, {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  console.log(`${name}: ${status === 0 ? "passed" : "FAILED"}\n`);
  if (status !== 0) failed.push(name);
}

const tests = countTests(readReport(REPORT));
const others = failed.filter((name) => name !== "tests");
const passed = tests.passed + Object.keys(checks).length - 1 - others.length;
// A run that breaks down before its tests has none that failed, and must not look well.
const broken = Math.max(tests.failed, failed.includes("tests") ? 1 : 0) + others.length;
console.log(`${passed} passed, ${broken} failed, ${tests.skipped} skipped`);
process.exitCode = failed.length === 0 ? 0 : 1;
