import { text as readAll } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { ValidationError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { RECORD_TYPES, type RecordInput, type RecordType } from "../../core/record.ts";
import { decimal, jsonObject, names } from "../option-values.ts";
import { oneLine } from "../output.ts";
import type { Act, Run } from "../run.ts";

interface AddCommandOptions {
  readonly id?: string;
  readonly type?: RecordType;
  readonly speaker?: string;
  readonly topics?: string[];
  readonly entities?: string[];
  readonly eventDate?: string;
  readonly metadata?: JsonObject;
  readonly importance?: number;
  readonly pinned?: boolean;
}

export function define(command: Command, act: Act): void {
  command
    .argument("<text...>", "what to remember, words joined by spaces; - reads it from standard input")
    .option("--id <id>", "id of the record; an id that exists gets its next version")
    .addOption(new Option("--type <type>", "kind of record (default semantic)").choices(RECORD_TYPES))
    .option("--speaker <name>", "who said it")
    .option("-t, --topics <names>", "topics, separated by commas", names)
    .option("-e, --entities <names>", "entities, separated by commas", names)
    .option("--event-date <instant>", "when it happened, for example 2026-05-04T09:30:00Z")
    .option("--metadata <json>", "a JSON object to keep with it", jsonObject)
    .option("--importance <number>", "how much it matters, 0 to 1 (default 0.5)", decimal)
    .option("--pinned", "never forget it by policy")
    .action(act(add));
}

async function add(run: Run<AddCommandOptions>, words: string[]): Promise<undefined> {
  const { id, type, speaker, topics, entities, eventDate, metadata, importance, pinned } = run.options;
  const input: RecordInput = {
    text: await givenText(words, run.signal),
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
    ...(speaker !== undefined && { speaker }),
    ...(topics !== undefined && { topics }),
    ...(entities !== undefined && { entities }),
    ...(eventDate !== undefined && { eventDate }),
    ...(metadata !== undefined && { metadata }),
    ...(importance !== undefined && { importance }),
    ...(pinned !== undefined && { pinned }),
  };
  const memory = await run.scoped();
  const result = await memory.add(input, { signal: run.signal });
  if (run.output.json) await run.output.value(result);
  else await run.output.line(`${result.status} ${oneLine(result.record.id)}`);
}

async function givenText(words: readonly string[], signal: AbortSignal): Promise<string> {
  if (words.length !== 1 || words[0] !== "-") return words.join(" ");
  const stop = () => process.stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const text = (await readAll(process.stdin)).replace(/\r?\n$/, "");
    if (text.trim() === "") throw ValidationError.of("text", "must not be empty: standard input had none");
    return text;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
