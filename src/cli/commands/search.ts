import { type Command, Option } from "commander";
import type { Filter } from "../../core/filter/filter.ts";
import { RECALL_MODES, type RecallMode } from "../../core/recall.ts";
import type { SearchHit, SearchOptions } from "../../operations.ts";
import { decimal, jsonObject, names, wholeNumber } from "../option-values.ts";
import { type Output, oneLine } from "../output.ts";
import type { Act, Run } from "../run.ts";
import { aboutRecord } from "../show.ts";

interface SearchCommandOptions {
  readonly limit?: number;
  readonly offset?: number;
  readonly mode?: RecallMode;
  readonly filter?: Filter;
  readonly topics?: string[];
  readonly entities?: string[];
  readonly minScore?: number;
  readonly explain?: boolean;
  readonly asOf?: string;
  readonly recency?: boolean;
}

export function define(command: Command, act: Act): void {
  command
    .argument("<query...>", "a question or a few words")
    .option("-l, --limit <number>", "how many hits (default 10)", wholeNumber)
    .option("-o, --offset <number>", "how many hits to skip", wholeNumber)
    .addOption(
      new Option("--mode <mode>", "by meaning, words or both (default hybrid)").choices(RECALL_MODES),
    )
    .option("--filter <json>", 'what must hold, for example {"type":"episodic"}', jsonObject)
    .option("-t, --topics <names>", "only records with one of these topics", names)
    .option("-e, --entities <names>", "only records with one of these entities", names)
    .option("--min-score <number>", "only hits with this score or a better one, 0 to 1", decimal)
    .option("--explain", "show what made each score")
    .option("--as-of <instant>", "search the memory as it was then")
    .option("--recency", "prefer what is recent and used")
    .action(act(search));
}

async function search(run: Run<SearchCommandOptions>, query: string[]): Promise<undefined> {
  const { output, signal } = run;
  const { limit, offset, mode, minScore, explain, asOf, recency } = run.options;
  const filter = wholeFilter(run.options);
  const options: SearchOptions = {
    signal,
    ...(limit !== undefined && { limit }),
    ...(offset !== undefined && { offset }),
    ...(mode !== undefined && { mode }),
    ...(filter !== null && { filter }),
    ...(minScore !== undefined && { minScore }),
    ...(explain !== undefined && { explain }),
    ...(asOf !== undefined && { asOf }),
    ...(recency !== undefined && { recency }),
  };
  const memory = await run.scoped();
  const result = await memory.search(query.join(" "), options);
  if (output.json) return void (await output.value(result));
  for (const hit of result.hits) await showHit(hit, output);
  const { length } = result.hits;
  const found = length === 0 ? "nothing found" : `${length} of ${result.total}`;
  await output.line(output.styled("dim", `${found}, confidence ${result.confidence.toFixed(2)}`));
}

function wholeFilter({ filter, topics, entities }: SearchCommandOptions): Filter | null {
  const parts: Filter[] = [
    ...(filter === undefined ? [] : [filter]),
    ...(topics === undefined ? [] : [{ topics: { any: topics } }]),
    ...(entities === undefined ? [] : [{ entities: { any: entities } }]),
  ];
  return parts.length > 1 ? { and: parts } : (parts[0] ?? null);
}

async function showHit(hit: SearchHit, output: Output): Promise<void> {
  await output.line(`${output.styled("green", hit.score.toFixed(2))}  ${oneLine(hit.text)}`);
  await output.line(output.styled("dim", `      ${aboutRecord(hit)}`));
  if (!hit.explanation) return;
  const { parts, matched } = hit.explanation;
  const named = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  const words = matched.length > 0 ? [`words: ${matched.map(oneLine).join(" ")}`] : [];
  await output.line(`      ${[...named, ...words].join(", ")}`);
}
