import { type Command, Option } from "commander";
import { exitCode } from "../exit-codes.ts";
import { FORMAT_NAMES, type FormatName } from "../import/formats.ts";
import { type Counts, Importer } from "../import/importer.ts";
import { readImported } from "../import/read.ts";
import { findSource, type Source } from "../import/source.ts";
import { showProgress } from "../progress.ts";
import type { Act, Outcome, Run } from "../run.ts";

interface ImportCommandOptions {
  readonly format?: FormatName;
  readonly sessions?: boolean;
  readonly update?: boolean;
  readonly skipInvalid?: boolean;
}

export function define(command: Command, act: Act): void {
  command
    .argument("<file...>", "files to import; - for standard input")
    .addOption(
      new Option("--format <name>", "kind of file (default: told by its content)").choices(FORMAT_NAMES),
    )
    .option("--sessions", "keep conversations as working memory too")
    .option("--update", "write over what is there under the same id; otherwise it stays")
    .option("--skip-invalid", "succeed although some lines could not be imported")
    .addHelpText("after", HELP)
    .action(act(importFiles));
}

const HELP = `
Kinds of files, each JSON Lines or one JSON array:
  memoir    what \`memoir export\` writes
  chatgpt   conversations.json of a ChatGPT export
  claude    conversations.json of a Claude export
  messages  {"role","content"} and optionally id, name, sessionId, createdAt, metadata
  records   {"text"} and optionally any field of a record; others become metadata

Importing again changes nothing, and goes on where an interrupted import stopped.`;

async function importFiles(run: Run<ImportCommandOptions>, names: string[]): Promise<Outcome> {
  const { output, options, signal } = run;
  // Every file is looked for before anything is written.
  const sources = await Promise.all(names.map(findSource));
  const started = performance.now();
  const importer = new Importer({
    memory: await run.scoped(),
    signal,
    sessions: options.sessions ?? false,
    update: options.update ?? false,
    onInvalid: (place, reason) =>
      output.note(output.json ? JSON.stringify({ invalid: { place, reason } }) : `${place}: ${reason}`),
  });
  let complete = true;
  try {
    for (const source of sources) complete = (await importFile(run, importer, source)) && complete;
  } finally {
    await report(run, importer.counts, (performance.now() - started) / 1000);
  }
  if (!complete || (importer.counts.invalid > 0 && !options.skipInvalid)) return exitCode("failed");
  return undefined;
}

/** Gives false when there may be more in the file than could be read. */
async function importFile(
  run: Run<ImportCommandOptions>,
  importer: Importer,
  source: Source,
): Promise<boolean> {
  const { output, options, signal } = run;
  const scope = (await run.scoped()).currentScope;
  const progress = showProgress(output, source.name, source.size);
  let complete = true;
  try {
    for await (const reading of readImported(source, { format: options.format ?? null, scope, signal })) {
      if ("imported" in reading) await importer.put(reading.imported, reading.place);
      else {
        importer.invalid(reading.place, reading.problem);
        if (reading.broken) complete = false;
      }
      progress.at(reading.bytes);
    }
    await importer.flush();
  } finally {
    progress.end();
  }
  return complete;
}

async function report({ output }: Run, counts: Counts, seconds: number): Promise<void> {
  const records = counts.created + counts.updated + counts.unchanged + counts.duplicates;
  const perSecond = Math.round(records / seconds);
  if (output.json) return output.value({ ...counts, seconds: round(seconds), perSecond });
  const leftOut = Object.entries(counts.leftOut).map(([reason, count]) => `${count} ${reason}`);
  const parts = [
    `${counts.created} created`,
    ...several(counts.updated, "updated"),
    ...several(counts.unchanged, "already there"),
    ...several(counts.duplicates, "duplicates"),
    ...several(counts.sessions, `sessions with ${counts.messages} messages`),
    ...(leftOut.length > 0 ? [`left out: ${leftOut.join(", ")}`] : []),
    ...several(counts.invalid, "could not be imported"),
  ];
  await output.line(`${parts.join(", ")}; ${round(seconds)} s, ${perSecond} records/s`);
}

function several(count: number, what: string): string[] {
  return count > 0 ? [`${count} ${what}`] : [];
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
