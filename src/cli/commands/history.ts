import type { Command } from "commander";
import { noSuchRecords } from "../missing.ts";
import { oneLine } from "../output.ts";
import type { Act, Run } from "../run.ts";

export function define(command: Command, act: Act): void {
  command.argument("<id>", "id of a record").action(act(history));
}

async function history(run: Run, id: string): Promise<undefined> {
  const { output, signal } = run;
  const memory = await run.scoped();
  const versions = await memory.history(id, { signal });
  if (versions.length === 0) throw noSuchRecords([id]);
  for (const version of versions) {
    if (output.json) await output.value(version);
    else {
      const note = [version.actor, version.reason].filter((part) => part !== null).map(oneLine);
      const head = [String(version.version), version.at, version.change, ...note].join("  ");
      await output.line(`${output.styled("bold", head)}\n   ${oneLine(version.record.text)}`);
    }
  }
}
