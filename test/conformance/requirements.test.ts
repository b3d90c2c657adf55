import { describe, expect, test } from "vitest";
import { JOB_AREAS } from "../../src/testing/describe-job-queue.ts";
import { MEMORY_AREAS } from "../../src/testing/describe-memory.ts";
import { STORE_AREAS } from "../../src/testing/describe-store.ts";
import { VECTOR_AREAS } from "../../src/testing/describe-vector-index.ts";
import {
  JOB_REQUIREMENTS,
  MEMORY_REQUIREMENTS,
  STORE_REQUIREMENTS,
  VECTOR_REQUIREMENTS,
} from "../../src/testing/requirements.ts";
import type { Area } from "../../src/testing/suite.ts";

const suites: { name: string; requirements: object; areas: readonly Area<never>[] }[] = [
  { name: "store", requirements: STORE_REQUIREMENTS, areas: STORE_AREAS },
  { name: "memory", requirements: MEMORY_REQUIREMENTS, areas: MEMORY_AREAS },
  { name: "vector index", requirements: VECTOR_REQUIREMENTS, areas: VECTOR_AREAS },
  { name: "job queue", requirements: JOB_REQUIREMENTS, areas: JOB_AREAS },
];

describe.each(suites)("requirements of a $name", ({ requirements, areas }) => {
  const cases = areas.flatMap((area) => area.cases);
  const cited = new Set<string>(cases.map(({ requirement }) => requirement));

  test("each has a test", () => {
    expect(Object.keys(requirements).filter((id) => !cited.has(id))).toEqual([]);
  });

  test("no test cites an unknown one", () => {
    expect([...cited].filter((id) => !Object.hasOwn(requirements, id))).toEqual([]);
  });

  test("no two tests have the same title", () => {
    const titles = areas.flatMap(({ name, cases }) =>
      cases.map(({ title, requirement }) => `${name}: ${title} ${requirement}`),
    );
    expect(titles).toEqual([...new Set(titles)]);
  });
});
