import { type Command, Option } from "commander";
import type { JsonObject } from "../../core/json.ts";
import { RECORD_TYPES, type RecordPatch, type RecordType } from "../../core/record.ts";
import { decimal, jsonObject, names, wholeNumber } from "../option-values.ts";
import type { Act, Run } from "../run.ts";
import { showRecord } from "../show.ts";

interface UpdateCommandOptions {
  readonly text?: string;
  readonly type?: RecordType;
  readonly topics?: string[];
  readonly entities?: string[];
  readonly eventDate?: string;
  readonly metadata?: JsonObject;
  readonly importance?: number;
  readonly pinned?: boolean;
  readonly patch?: JsonObject;
  readonly expectedVersion?: number;
  readonly reason?: string;
}

export function define(command: Command, act: Act): void {
  command
    .argument("<id>", "id of the record")
    .option("--text <text>", "new text")
    .addOption(new Option("--type <type>", "new kind").choices(RECORD_TYPES))
    .option("-t, --topics <names>", "new topics, separated by commas", names)
    .option("-e, --entities <names>", "new entities, separated by commas", names)
    .option("--event-date <instant>", "when it happened")
    .option("--metadata <json>", "new metadata, a JSON object", jsonObject)
    .option("--importance <number>", "how much it matters, 0 to 1", decimal)
    .option("--pinned", "never forget it by policy")
    .option("--no-pinned", "let policies forget it")
    .option("--patch <json>", 'any fields, null clearing one: {"eventDate":null}', jsonObject)
    .option("--expected-version <number>", "refuse when the record has another version", wholeNumber)
    .option("--reason <text>", "why, kept in the history")
    .action(act(update));
}

const FIELDS = [
  "text",
  "type",
  "topics",
  "entities",
  "eventDate",
  "metadata",
  "importance",
  "pinned",
] as const satisfies readonly (keyof RecordPatch & keyof UpdateCommandOptions)[];

async function update(run: Run<UpdateCommandOptions>, id: string): Promise<undefined> {
  const { output, options, signal } = run;
  const given = FIELDS.filter((field) => options[field] !== undefined);
  const fields = Object.fromEntries(given.map((field) => [field, options[field]]));
  const memory = await run.scoped();
  const record = await memory.update(
    id,
    { ...options.patch, ...fields },
    {
      signal,
      ...(options.expectedVersion !== undefined && { expectedVersion: options.expectedVersion }),
      ...(options.reason !== undefined && { reason: options.reason }),
    },
  );
  if (output.json) await output.value(record);
  else await showRecord(record, output);
}
