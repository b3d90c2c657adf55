import { afterEach, expect, test, vi } from "vitest";
import { silenceExperimentalWarnings } from "../../src/cli/warnings.ts";

const original = process.emitWarning;
afterEach(() => {
  process.emitWarning = original;
});

test("experimental warnings are kept quiet, others are not", () => {
  const emitted = vi.fn();
  process.emitWarning = emitted;
  silenceExperimentalWarnings();
  process.emitWarning("SQLite is an experimental feature", "ExperimentalWarning");
  process.emitWarning("also in this form", { type: "ExperimentalWarning" });
  expect(emitted).not.toHaveBeenCalled();
  process.emitWarning("old", "DeprecationWarning", "DEP0001");
  process.emitWarning(new Error("plain"));
  expect(emitted.mock.calls).toEqual([["old", "DeprecationWarning", "DEP0001"], [new Error("plain")]]);
});
