import { fork } from "node:child_process";
import type { Row } from "./report/row.ts";
import type { SectionName } from "./sections/index.ts";
import type { SectionOptions } from "./sections/section.ts";

/** Measures a section in a process of its own. */
export function runSection(section: SectionName, options: SectionOptions): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("section-process.ts", import.meta.url), {
      // Lets a section tell garbage from what is held.
      execArgv: [...process.execArgv, "--expose-gc"],
      serialization: "advanced",
    });
    child.once("message", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${section} ended with ${code} before it had results`)));
    child.send({ section, options });
  });
}
