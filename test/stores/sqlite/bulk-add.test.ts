import { expect, test } from "vitest";
import { openMemory } from "../../../src/index.ts";

const COUNT = 450;

test("one call that adds many records knows ids and duplicates wherever in the call they stand", async () => {
  await using memory = await openMemory("sqlite::memory:");
  const inputs = Array.from({ length: COUNT }, (_, index) => ({ id: `a${index}`, text: `Fact ${index}` }));
  await memory.add(inputs);
  const again = inputs.map(({ text }, index) => ({ id: `b${index}`, text }));
  const repeated = { id: "c", text: "Something new" };
  const results = await memory.add([repeated, ...again, { ...repeated, id: "d" }]);
  expect(results.map(({ record }) => record.id)).toEqual(["c", ...inputs.map(({ id }) => id), "c"]);
  expect(results.map(({ status }) => status)).toEqual([
    "created",
    ...again.map(() => "duplicate"),
    "duplicate",
  ]);
  const unchanged = await memory.add(inputs);
  expect(new Set(unchanged.map(({ status }) => status))).toEqual(new Set(["unchanged"]));
});

test("a signal ends a call that adds many records before anything is stored", async () => {
  await using memory = await openMemory("sqlite::memory:");
  const abort = new AbortController();
  const inputs = Array.from({ length: COUNT }, (_, index) => ({ id: `a${index}`, text: `Fact ${index}` }));
  const adding = memory.add(inputs, { signal: abort.signal });
  setImmediate(() => abort.abort());
  await expect(adding).rejects.toThrow();
  expect(await memory.get("a0")).toBeNull();
});
