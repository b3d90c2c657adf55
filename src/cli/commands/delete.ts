import type { Command } from "commander";
import { noSuchRecords } from "../missing.ts";
import { wholeNumber } from "../option-values.ts";
import { oneLine } from "../output.ts";
import type { Act, Run } from "../run.ts";

interface DeleteCommandOptions {
  readonly expectedVersion?: number;
  readonly erase?: boolean;
  readonly reason?: string;
}

export function define(command: Command, act: Act): void {
  command
    .argument("<id...>", "ids of records")
    .option("--expected-version <number>", "delete only this version", wholeNumber)
    .option("--erase", "remove the history too")
    .option("--reason <text>", "why, kept in the history")
    .action(act(remove));
}

async function remove(run: Run<DeleteCommandOptions>, ids: string[]): Promise<undefined> {
  const { output, signal } = run;
  const { expectedVersion, erase, reason } = run.options;
  const memory = await run.scoped();
  const deleted = await memory.delete(ids, {
    signal,
    ...(expectedVersion !== undefined && { expectedVersion }),
    ...(erase !== undefined && { erase }),
    ...(reason !== undefined && { reason }),
  });
  const missing = ids.filter((id) => !deleted.includes(id));
  if (output.json) await output.value({ deleted, missing });
  else for (const id of deleted) await output.line(`deleted ${oneLine(id)}`);
  if (missing.length > 0) throw noSuchRecords(missing);
}
