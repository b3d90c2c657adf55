/**
 * Checks that a run of tests ran what it should have: `check-report.ts PROJECT`. A variant, page or example that silently did
 * not run would look like one that passed. With `--count PROJECT…` it prints how many tests passed and failed instead.
 */
import { globSync } from "node:fs";
import { unproven } from "../test/conformance/variants.ts";
import { unprovenWire } from "../test/server/wire/variants.ts";
import { countTests, readReport, reportFile, type TestReport } from "./test-report.ts";

/** One sentence for everything that did not run, by project. */
const CHECKS: Readonly<Record<string, (report: TestReport) => string[]>> = {
  main: (report) => [
    ...unproven(report),
    ...unprovenWire(report),
    ...notPassed(report, [
      "README.md",
      ...globSync("docs/*.md"),
      ...globSync("examples/*.ts"),
      "store: acme",
    ]),
  ],
  packaging: (report) =>
    notPassed(report, [
      "an installation is small",
      "a program that imports the package remembers and finds",
      "the command line remembers and finds",
      "publint has nothing to say",
    ]),
};

/** The titles, of tests or of groups of them, under which no test passed. */
function notPassed({ testResults }: TestReport, titles: readonly string[]): string[] {
  const passed = testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === "passed")
    .flatMap((test) => [test.title, ...test.ancestorTitles]);
  const seen = new Set(passed);
  return titles.filter((title) => !seen.has(title)).map((title) => `${title}: not run`);
}

const [first = "", ...others] = process.argv.slice(2);
if (first === "--count") {
  const counts = others.map((project) => countTests(readReport(reportFile(project))));
  const sum = (of: "passed" | "failed") => counts.reduce((total, count) => total + count[of], 0);
  console.log(`${sum("passed")} ${sum("failed")}`);
} else {
  const check = CHECKS[first];
  if (!check) throw new Error(`Give one of: ${Object.keys(CHECKS).join(", ")}`);
  const report = readReport(reportFile(first));
  const missing = check(report);
  for (const sentence of missing) console.log(sentence);
  const { passed, failed, skipped } = countTests(report);
  console.log(`${passed} tests passed, ${failed} failed, ${skipped} skipped; ${missing.length} did not run`);
  process.exitCode = missing.length === 0 && skipped === 0 ? 0 : 1;
}
