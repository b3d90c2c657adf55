/**
 * Checks that a run of tests ran what it should have: `check-report.ts PROJECT`. A store, page or example that silently did not
 * run would look like one that passed. With `--count PROJECT…` it prints how many tests passed and failed instead.
 */
import { globSync } from "node:fs";
import { countTests, readReport, reportFile, type TestReport } from "./test-report.ts";

/** Groups of tests that every run of a project has, each with the fewest tests that may have passed in it. */
const REQUIRED: Readonly<Record<string, () => readonly (readonly [title: string, fewest: number])[]>> = {
  main: () => [
    ["store: memory", 80],
    ["store: sqlite", 80],
    ...["README.md", ...globSync("docs/*.md")].map((page) => [page, 1] as const),
    ...globSync("examples/*.ts").map((example) => [example, 1] as const),
  ],
  packaging: () => [
    ["an installation is small", 1],
    ["a program that imports the package remembers and finds", 1],
    ["the command line remembers and finds", 1],
    ["publint has nothing to say", 1],
  ],
};

/** How many tests passed whose title, or that of a group they are in, is `title`. */
function passedUnder(report: TestReport, title: string): number {
  return report.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === "passed" && [...test.ancestorTitles, test.title].includes(title))
    .length;
}

const [first = "", ...others] = process.argv.slice(2);
if (first === "--count") {
  const counts = others.map((project) => countTests(readReport(reportFile(project))));
  const sum = (of: "passed" | "failed") => counts.reduce((total, count) => total + count[of], 0);
  console.log(`${sum("passed")} ${sum("failed")}`);
} else {
  const report = readReport(reportFile(first));
  const required = REQUIRED[first]?.() ?? [];
  const missing = required.filter(([title, fewest]) => passedUnder(report, title) < fewest);
  for (const [title, fewest] of missing)
    console.log(`${title}: ${passedUnder(report, title)} tests passed, ${fewest} or more should have`);
  const { passed, skipped } = countTests(report);
  console.log(
    `${passed} tests passed, ${skipped} skipped; ${required.length - missing.length} of ${required.length} groups ran`,
  );
  process.exitCode = missing.length === 0 && required.length > 0 && skipped === 0 ? 0 : 1;
}
