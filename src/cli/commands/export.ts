import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { exitCode } from "../exit-codes.ts";
import { exportLines } from "../export-lines.ts";
import { OutputClosed } from "../output.ts";
import type { Act, Outcome, Run } from "../run.ts";

export function define(command: Command, act: Act): void {
  command
    .argument("[file]", "file to write; - or nothing for standard output", "-")
    .addHelpText(
      "after",
      "\nThe file is JSON Lines, and complete or not there. `memoir import` reads it back.",
    )
    .action(act(exportAll));
}

async function exportAll(run: Run, file: string): Promise<Outcome> {
  const { output, signal } = run;
  const memory = await run.scoped();
  const written = { records: 0, sessions: 0 };
  const lines = exportLines(memory, { signal, written });
  if (file === "-") return writeOut(lines, run);
  // Under another name until it is whole: a file that is there is an export that can be trusted.
  const partial = `${file}.partial`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await pipeline(
      Readable.from(withLineEnds(lines)),
      createWriteStream(partial, { mode: 0o600, flush: true }),
      { signal },
    );
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  if (output.json) await output.value({ file, ...written });
  else await output.line(`${written.records} records and ${written.sessions} sessions in ${file}`);
  return undefined;
}

async function writeOut(lines: AsyncIterable<string>, { output, signal }: Run): Promise<Outcome> {
  try {
    for await (const line of lines) await output.line(line);
    signal.throwIfAborted();
    return undefined;
  } catch (error) {
    if (!(signal.reason instanceof OutputClosed)) throw error;
    // Elsewhere a closed pipe is the reader's choice; here somebody has half an export.
    output.note("The reader closed the pipe before the export was complete.");
    return exitCode("failed");
  }
}

async function* withLineEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
