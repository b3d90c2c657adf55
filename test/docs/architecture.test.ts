import { expect, test } from "vitest";
import {
  JOB_REQUIREMENTS,
  MEMORY_REQUIREMENTS,
  STORE_REQUIREMENTS,
  VECTOR_REQUIREMENTS,
} from "../../src/testing/index.ts";
import { readPage } from "./pages.ts";

test("the invariants cite promises that exist", () => {
  const known = {
    ...STORE_REQUIREMENTS,
    ...MEMORY_REQUIREMENTS,
    ...VECTOR_REQUIREMENTS,
    ...JOB_REQUIREMENTS,
  };
  const [, section = ""] = readPage("ARCHITECTURE.md").split("## Invariants");
  const [table = ""] = section.split("\n## ");
  const cited = [...table.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, id]) => id);
  expect(cited.length).toBeGreaterThan(10);
  expect(cited.filter((id) => !Object.hasOwn(known, String(id)))).toEqual([]);
});
