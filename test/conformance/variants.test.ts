import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  JOB_REQUIREMENTS,
  MEMORY_REQUIREMENTS,
  STORE_REQUIREMENTS,
  VECTOR_REQUIREMENTS,
} from "../../src/testing/requirements.ts";
import { type ConformanceReport, unproven, VARIANTS } from "./variants.ts";

const ids = {
  store: Object.keys(STORE_REQUIREMENTS),
  memory: Object.keys(MEMORY_REQUIREMENTS),
  vectors: Object.keys(VECTOR_REQUIREMENTS),
  jobs: Object.keys(JOB_REQUIREMENTS),
};

/** The report of a run in which everything passed, but for one test. */
function reportOf(exception: { id?: string; variant?: string; status?: string } = {}): ConformanceReport {
  const results = Object.entries(VARIANTS).flatMap(([variant, suites]) =>
    suites.flatMap((suite) =>
      ids[suite].flatMap((requirement) => {
        const hit =
          requirement === (exception.id ?? requirement) && variant === (exception.variant ?? variant);
        const status = hit ? exception.status : "passed";
        const meta = { conformance: { suite, variant, requirement: requirement as never } };
        return status === undefined ? [] : [{ status, meta }];
      }),
    ),
  );
  return { testResults: [{ assertionResults: [...results, { status: "failed" }] }] };
}

describe("the proof that every variant was verified", () => {
  test("is given by a report in which everything passed", () => {
    expect(unproven(reportOf({ id: "none" }))).toEqual([]);
  });

  test.each(["pending", "skipped", "failed", "todo"])("is not given by a test that is %s", (status) => {
    const report = reportOf({ id: "races.append", variant: "sqlite", status });
    expect(unproven(report)).toEqual([`store: sqlite: races.append: ${status}`]);
  });

  test("is not given for a variant that did not run", () => {
    const all = ids.store.length + ids.memory.length + ids.jobs.length;
    const missing = unproven(reportOf({ variant: "sqlite" }));
    expect(missing).toHaveLength(all);
    expect(missing[0]).toBe(`store: sqlite: ${ids.store[0]}: not run`);
    const total = Object.values(VARIANTS).flatMap((suites) => suites.flatMap((suite) => ids[suite]));
    expect(unproven({ testResults: [] })).toHaveLength(total.length);
  });

  test("is asked of every variant that has a file, and of no other", () => {
    const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".test.ts"));
    const names = files.map((file) => file.slice(0, -".test.ts".length));
    const others = ["requirements", "variants"];
    const wanted = new Set(Object.keys(VARIANTS).map((variant) => variant.split(" ")[0]));
    expect(new Set(names.filter((name) => !others.includes(name)))).toEqual(wanted);
  });
});
