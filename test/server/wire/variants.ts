import type { TestReport } from "../../../scripts/test-report.ts";

/** The stores on which every statement of the wire contract must hold. The file of that name checks it. */
export const WIRE_VARIANTS: readonly string[] = ["memory", "sqlite", "redis", "postgres", "pglite"];

const TITLE = "wire contract: ";

/** One sentence for every statement of the contract that the report does not prove on every store. */
export function unprovenWire({ testResults }: TestReport, variants = WIRE_VARIANTS): string[] {
  const proven = new Map(variants.map((name) => [`${TITLE}${name}`, new Set<string>()]));
  const statements = new Set<string>();
  for (const { ancestorTitles, title, status } of testResults.flatMap((file) => file.assertionResults)) {
    const [group = "", ...chapters] = ancestorTitles;
    if (!group.startsWith(TITLE)) continue;
    const statement = [...chapters, title].join(": ");
    statements.add(statement);
    if (status === "passed") proven.get(group)?.add(statement);
  }
  if (statements.size === 0) return [`${TITLE}not run`];
  return [...proven].flatMap(([group, passed]) =>
    [...statements]
      .filter((statement) => !passed.has(statement))
      .map((statement) => `${group}: ${statement}: not proven`),
  );
}
