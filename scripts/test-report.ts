import { readFileSync } from "node:fs";
import type { ConformanceMeta } from "../src/testing/suite.ts";

/** What we read of vitest's JSON report. */
export interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly meta?: { readonly conformance?: ConformanceMeta };
    }[];
  }[];
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Where the report of a vitest project is written. */
export function reportFile(project: string): string {
  return `reports/${project}.json`;
}

/** The report, or an empty one when the run broke down before it was written. */
export function readReport(file: string): TestReport {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TestReport;
  } catch {
    return { testResults: [] };
  }
}

export function countTests({ testResults }: TestReport): TestCounts {
  const statuses = testResults.flatMap((file) => file.assertionResults.map((test) => test.status));
  const count = (...wanted: string[]) => statuses.filter((status) => wanted.includes(status)).length;
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped", "pending", "todo") };
}
