#!/usr/bin/env node
import { nodeProblem } from "../core/node-version.ts";

// Nothing else is imported before this check: older versions would fail in it without a word of help.
const problem = nodeProblem(process.versions.node);
if (problem === null) {
  const { silenceExperimentalWarnings } = await import("./warnings.ts");
  silenceExperimentalWarnings();
  const { run } = await import("./program.ts");
  process.exitCode = await run(process.argv.slice(2));
} else {
  console.error(problem);
  process.exitCode = 1;
}
