import {
  JOB_REQUIREMENTS,
  MEMORY_REQUIREMENTS,
  STORE_REQUIREMENTS,
  VECTOR_REQUIREMENTS,
} from "../../src/testing/requirements.ts";
import type { ConformanceMeta } from "../../src/testing/suite.ts";

/** Which suites each implementation must pass. The file named by its first word runs them. */
export const VARIANTS: Readonly<Record<string, readonly ConformanceMeta["suite"][]>> = {
  memory: ["store", "memory", "jobs"],
  "memory that finds by itself": ["memory"],
  sqlite: ["store", "memory", "jobs"],
  "pair of sqlite and memory": ["store", "memory"],
  "pair of postgres and redis": ["store", "memory"],
  postgres: ["store", "memory"],
  "postgres behind pgbouncer": ["store", "memory"],
  "postgres with a replica": ["store", "memory"],
  "postgres that finds by itself": ["store", "memory"],
  "postgres that finds by itself behind pgbouncer": ["memory"],
  pglite: ["store", "memory"],
  redis: ["store", "memory"],
  "redis with compression": ["store"],
  "redis cluster": ["store", "memory"],
  "redis with vector sets": ["vectors", "memory"],
  remote: ["memory"],
  "remote on sqlite": ["memory"],
  "remote on postgres": ["memory"],
  "remote on redis": ["memory"],
  vectors: ["vectors", "memory"],
  chroma: ["vectors", "memory"],
  qdrant: ["vectors", "memory"],
  weaviate: ["vectors", "memory"],
  milvus: ["vectors", "memory"],
  pinecone: ["vectors", "memory"],
  pgvector: ["vectors", "memory"],
  bullmq: ["jobs"],
  "pg-boss": ["jobs"],
};

const REQUIREMENTS = {
  store: STORE_REQUIREMENTS,
  memory: MEMORY_REQUIREMENTS,
  vectors: VECTOR_REQUIREMENTS,
  jobs: JOB_REQUIREMENTS,
};

/** What is read of a report of vitest's `json` reporter. */
export interface ConformanceReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly meta?: { readonly conformance?: ConformanceMeta };
    }[];
  }[];
}

/**
 * One sentence for every variant and requirement of which the report does not prove that it was verified: a suite that
 * did not run, or was skipped, looks green otherwise.
 */
export function unproven(report: ConformanceReport, variants = VARIANTS): string[] {
  const statuses = new Map<string, string[]>();
  for (const { status, meta } of report.testResults.flatMap(({ assertionResults }) => assertionResults)) {
    if (!meta?.conformance) continue;
    const { suite, variant, requirement } = meta.conformance;
    const key = `${suite}: ${variant}: ${requirement}`;
    statuses.set(key, [...(statuses.get(key) ?? []), status]);
  }
  return Object.entries(variants).flatMap(([variant, suites]) =>
    suites.flatMap((suite) =>
      Object.keys(REQUIREMENTS[suite]).flatMap((requirement) => {
        const key = `${suite}: ${variant}: ${requirement}`;
        const found = statuses.get(key) ?? ["not run"];
        return found.filter((status) => status !== "passed").map((status) => `${key}: ${status}`);
      }),
    ),
  );
}
