import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { isRemote, withoutPassword } from "../../config/settings.ts";
import { ValidationError } from "../../core/errors.ts";
import { compareStores } from "../../migration/compare.ts";
import { copyAliases, copyChanges, type MigrationOptions } from "../../migration/migrate.ts";
import { type OpenedStore, openStores } from "../../stores/registry.ts";
import { exitCode } from "../exit-codes.ts";
import type { Act, Outcome, Run } from "../run.ts";

interface MigrateCommandOptions {
  readonly from: string;
  readonly fromWorking?: string;
  readonly to: string;
  readonly toWorking?: string;
  readonly follow?: boolean;
}

export function define(command: Command, act: Act): void {
  command
    .requiredOption("--from <url>", "the store to copy")
    .option("--from-working <url>", "where its sessions are, if not with the rest")
    .requiredOption("--to <url>", "the store to copy it to")
    .option("--to-working <url>", "where its sessions go, if not with the rest")
    .option("--follow", "go on taking over changes until Ctrl+C")
    .addHelpText("after", HELP)
    .action(act(migrate));
}

const HELP = `
Everything of every tenant is copied while the source stays in use: records with their histories, aliases and
sessions. Then both are compared. An interrupted migration goes on where it was, and running it again takes over
what has changed since.`;

/** Milliseconds between two looks at the source while following. */
const INTERVAL = 250;
/** How often both are compared when the source changes meanwhile. */
const COMPARISONS = 3;
const SHOWN_DIFFERENCES = 10;

async function migrate(run: Run<MigrateCommandOptions>): Promise<Outcome> {
  const { output, options, interrupted } = run;
  const opened: OpenedStore[] = [];
  checkThere("--from", options.from);
  checkThere("--from-working", options.fromWorking);
  try {
    const from = await open("from", options.from, options.fromWorking, opened);
    const to = await open("to", options.to, options.toWorking, opened);
    const migration: MigrationOptions = {
      from,
      to,
      name: withoutPassword(options.from),
      signal: interrupted,
      onProgress: (changes) => output.note(`${changes} changes copied`),
    };
    if (options.follow) await follow(migration);
    return await finish(
      run,
      options.follow ? { ...migration, signal: new AbortController().signal } : migration,
    );
  } finally {
    for (const store of opened.reverse()) await store.abandon();
  }
}

/** Opening would make an empty file, and an empty copy of it would be called equal. */
function checkThere(flag: string, url = ""): void {
  const path = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : "";
  if (path !== "" && !existsSync(path)) throw ValidationError.of([flag], `there is no file ${path}`, url);
}

async function open(field: string, store: string, working: string | undefined, opened: OpenedStore[]) {
  if (isRemote(store))
    throw ValidationError.of(
      [`--${field}`],
      "is a server; name the store it serves, or use export and import",
    );
  const one = await openStores({ store, working });
  opened.push(one);
  return one.store;
}

/** Takes over changes until somebody stops it. */
async function follow(migration: MigrationOptions): Promise<void> {
  try {
    for (;;) {
      await copyChanges(migration);
      await delay(INTERVAL, undefined, { signal: migration.signal });
    }
  } catch (error) {
    if (!migration.signal.aborted) throw error;
  }
}

async function finish({ output }: Run, migration: MigrationOptions): Promise<Outcome> {
  const { from, to, signal } = migration;
  for (let round = 1; ; round++) {
    await copyChanges(migration);
    await copyAliases(migration);
    const { differences, ...counts } = await compareStores(from, to, signal);
    if (differences.length > 0 && round < COMPARISONS) continue;
    if (output.json) await output.value({ ...counts, differences });
    else {
      const { tenants, records, sessions, aliases } = counts;
      await output.line(
        `${records} records, ${aliases} aliases and ${sessions} sessions of ${tenants} tenants`,
      );
      for (const difference of differences.slice(0, SHOWN_DIFFERENCES)) await output.line(difference);
      await output.line(differences.length === 0 ? "Both are equal." : `${differences.length} differences`);
    }
    return differences.length === 0 ? undefined : exitCode("failed");
  }
}
