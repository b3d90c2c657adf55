import { type Command, Option } from "commander";
import type { Filter } from "../../core/filter/filter.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { ListOptions } from "../../operations.ts";
import { jsonObject, wholeNumber } from "../option-values.ts";
import { clip, oneLine } from "../output.ts";
import type { Act, Run } from "../run.ts";

interface ListCommandOptions {
  readonly limit?: number;
  readonly offset?: number;
  readonly filter?: Filter;
  readonly order?: "newest" | "oldest";
  readonly cursor?: string;
  readonly all?: boolean;
  readonly asOf?: string;
}

export function define(command: Command, act: Act): void {
  command
    .option("-l, --limit <number>", "records on a page, at most 1000 (default 100)", wholeNumber)
    .option("-o, --offset <number>", "how many records to skip", wholeNumber)
    .option("--filter <json>", 'what must hold, for example {"topics":{"any":["travel"]}}', jsonObject)
    .addOption(new Option("--order <order>", "by creation (default newest)").choices(["newest", "oldest"]))
    .option("--cursor <cursor>", "continue where a page ended")
    .option("--all", "every page; with --json one record a line")
    .option("--as-of <instant>", "the memory as it was then")
    .action(act(list));
}

async function list(run: Run<ListCommandOptions>): Promise<undefined> {
  const { output, signal } = run;
  const { limit, offset, filter, order, cursor, asOf, all } = run.options;
  const options: ListOptions = {
    signal,
    ...(limit !== undefined && { limit }),
    ...(offset !== undefined && { offset }),
    ...(filter !== undefined && { filter }),
    ...(order !== undefined && { order }),
    ...(cursor !== undefined && { cursor }),
    ...(asOf !== undefined && { asOf }),
  };
  const memory = await run.scoped();
  const pages = memory.list(all && limit === undefined ? { ...options, limit: 1000 } : options);
  if (all) {
    for await (const record of pages) {
      signal.throwIfAborted();
      if (output.json) await output.value(record);
      else await output.line(row(record).join("  "));
    }
    return;
  }
  const page = await pages;
  if (output.json) return void (await output.value(page));
  await output.table(["ID", "TYPE", "CREATED", "TEXT"], page.records.map(row));
  await output.line(output.styled("dim", `${page.records.length} of ${page.total}`));
  if (page.cursor !== null) await output.line(output.styled("dim", `next page: --cursor ${page.cursor}`));
}

/** Texts are shown only so far: a list is for finding, `get` for reading. */
const LONGEST_TEXT = 200;

function row(record: MemoryRecord): string[] {
  const { id, type, createdAt, text } = record;
  return [oneLine(id), type, createdAt.slice(0, 19).replace("T", " "), clip(oneLine(text), LONGEST_TEXT)];
}
