import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unprovenWire, WIRE_VARIANTS } from "./wire/variants.ts";

const result = (variant: string, title: string, status: string) => ({
  ancestorTitles: [`wire contract: ${variant}`, "search"],
  title,
  status,
});

const reportOf = (...assertionResults: ReturnType<typeof result>[]) => ({
  testResults: [{ name: "a.test.ts", assertionResults }],
});

test("the wire contract is proven when every statement passed on every store", () => {
  const report = reportOf(result("one", "finds", "passed"), result("two", "finds", "passed"));
  expect(unprovenWire(report, ["one", "two"])).toEqual([]);
});

test.each(["failed", "skipped", "pending"])("a statement that %s on one store is not proven", (status) => {
  const report = reportOf(result("one", "finds", "passed"), result("two", "finds", status));
  expect(unprovenWire(report, ["one", "two"])).toEqual(["wire contract: two: search: finds: not proven"]);
});

test("a store on which nothing ran proves nothing", () => {
  expect(unprovenWire(reportOf(result("one", "finds", "passed")), ["one", "two"])).toHaveLength(1);
  expect(unprovenWire(reportOf())).toEqual(["wire contract: not run"]);
});

test("every store that has a file is asked for", () => {
  const files = readdirSync(join(import.meta.dirname, "wire-contract"));
  expect(files.map((file) => file.slice(0, -".test.ts".length))).toEqual(WIRE_VARIANTS.toSorted());
});
