import type { Command } from "commander";
import { noSuchRecords } from "../missing.ts";
import type { Act, Run } from "../run.ts";
import { showRecord } from "../show.ts";

export function define(command: Command, act: Act): void {
  command
    .argument("<id...>", "ids of records")
    .option("--as-of <instant>", "the memory as it was then")
    .action(act(get));
}

async function get(run: Run<{ readonly asOf?: string }>, ids: string[]): Promise<undefined> {
  const { output, options, signal } = run;
  const memory = await run.scoped();
  const missing: string[] = [];
  for (const id of ids) {
    const record = await memory.get(id, {
      signal,
      ...(options.asOf !== undefined && { asOf: options.asOf }),
    });
    if (record === null) missing.push(id);
    else if (output.json) await output.value(record);
    else await showRecord(record, output);
  }
  if (missing.length > 0) throw noSuchRecords(missing);
}
