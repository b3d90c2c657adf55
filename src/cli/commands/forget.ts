import type { Command } from "commander";
import { RECORD_TYPES, type RecordType } from "../../core/record.ts";
import { decimal, names, wholeNumber } from "../option-values.ts";
import { oneLine } from "../output.ts";
import type { Act, Run } from "../run.ts";

interface ForgetCommandOptions {
  readonly maxAgeDays?: number;
  readonly maxInactiveDays?: number;
  readonly budget?: number;
  readonly types?: string[];
  readonly keep?: string[];
  readonly dryRun: boolean;
  readonly reason?: string;
}

export function define(command: Command, act: Act): void {
  command
    .option("--max-age-days <number>", "what is older", decimal)
    .option("--max-inactive-days <number>", "what was not used for so long", decimal)
    .option("--budget <number>", "what is beyond so many of the freshest", wholeNumber)
    .option("--types <names>", `only these types: ${RECORD_TYPES.join(", ")}`, names)
    .option("--keep <ids>", "but not these ids, separated by commas", names)
    .option("--no-dry-run", "delete them; without it they are only named")
    .option("--reason <text>", "why, kept in the history")
    .addHelpText("after", "\nPinned records stay. What is forgotten keeps its history.")
    .action(act(forget));
}

async function forget(run: Run<ForgetCommandOptions>): Promise<undefined> {
  const { output, options, signal } = run;
  const { maxAgeDays, maxInactiveDays, budget, types, keep, dryRun, reason } = options;
  const memory = await run.scoped();
  const result = await memory.forget(
    {
      ...(maxAgeDays !== undefined && { maxAgeDays }),
      ...(maxInactiveDays !== undefined && { maxInactiveDays }),
      ...(budget !== undefined && { budget }),
      ...(types !== undefined && { types: types as RecordType[] }),
    },
    { signal, dryRun, ...(keep !== undefined && { keep }), ...(reason !== undefined && { reason }) },
  );
  if (output.json) return output.value(result).then(() => undefined);
  for (const id of result.deletedIds)
    await output.line(`${dryRun ? "would forget" : "forgot"} ${oneLine(id)}`);
  await output.line(
    `${result.deleted} of ${result.scanned}${dryRun ? "; say --no-dry-run to delete them" : ""}`,
  );
}
