import { readFileSync } from "node:fs";
import { Command } from "commander";
import { packageFolder } from "../embedders/package-files.ts";
import { exitCode, exitCodeTable } from "./exit-codes.ts";
import { failureOf, Interrupted, reportFailure } from "./failure.ts";
import { OutputClosed } from "./output.ts";
import { type Act, type CommandModule, type GlobalOptions, Run, type Stops } from "./run.ts";

/** Every command with its summary. Its file is loaded when it is called, so help is there at once. */
const COMMANDS: Readonly<Record<string, readonly [summary: string, load: () => Promise<CommandModule>]>> = {
  serve: ["Start the server: REST API on the memory", () => import("./commands/serve.ts")],
  worker: ["Do background jobs apart from the server", () => import("./commands/worker.ts")],
  jobs: ["See background jobs, and what to do with those that failed", () => import("./commands/jobs.ts")],
  add: ["Remember a text", () => import("./commands/add.ts")],
  search: ["Find what is remembered about something", () => import("./commands/search.ts")],
  list: ["List records, newest first", () => import("./commands/list.ts")],
  get: ["Show records by id", () => import("./commands/get.ts")],
  update: ["Change fields of a record", () => import("./commands/update.ts")],
  delete: ["Delete records by id", () => import("./commands/delete.ts")],
  forget: ["Delete what a policy calls stale", () => import("./commands/forget.ts")],
  history: ["Show every version of a record", () => import("./commands/history.ts")],
  sessions: ["List sessions, or show one", () => import("./commands/sessions.ts")],
  import: ["Bring in records and conversations from files", () => import("./commands/import.ts")],
  export: ["Write everything to a file", () => import("./commands/export.ts")],
  migrate: ["Copy a store to another one while it is in use", () => import("./commands/migrate.ts")],
  eval: ["Measure recall on data of your own", () => import("./commands/eval.ts")],
  models: ["Fetch a model the package does not contain", () => import("./commands/models.ts")],
  doctor: ["Find out what is wrong, and what to do", () => import("./commands/doctor.ts")],
};

/** Runs a command line and gives its exit code. Whatever goes wrong has been reported by then. */
export async function run(argv: readonly string[]): Promise<number> {
  const { stops, release } = watchForStops();
  let outcome: number = exitCode("done");
  const act: Act =
    (perform) =>
    async (...given) => {
      const command = given.at(-1) as Command;
      const current = await Run.start(command.optsWithGlobals(), stops);
      try {
        outcome = (await perform(current as never, ...(given.slice(0, -2) as never))) ?? outcome;
      } finally {
        await current.close();
      }
    };
  try {
    const program = describeProgram();
    await defineCalled(program, argv, act);
    await program.parseAsync(argv, { from: "user" });
    return outcome;
  } catch (error) {
    const stopped = [stops.interrupted, stops.outputClosed].find((signal) => signal.aborted);
    const failure = failureOf(stopped?.reason ?? error);
    reportFailure(failure, wantsJson(argv));
    return failure.exitCode;
  } finally {
    release();
  }
}

function describeProgram(): Command {
  const program = new Command("memoir")
    .description("The memory of AI agents.")
    .version(packageVersion(), "-V, --version")
    .helpCommand(true)
    .showHelpAfterError(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .option("--data <dir>", "folder of the data (MEMORY_STORAGE_DIR; default .memoir)")
    .option(
      "--store <url>",
      "sqlite:PATH, redis://…, postgres://…, pglite:FOLDER, memory:, or http(s)://… of a running server (MEMORY_STORE)",
    )
    .option("--working <url>", "keep sessions elsewhere than the rest (MEMORY_WORKING_STORE)")
    .option("--long-term <url>", "where the rest is kept then; the same as --store (MEMORY_DATABASE_URL)")
    .option(
      "--jobs <url>",
      "where background jobs are kept, redis://… or postgres://… (MEMORY_JOBS; default with the rest)",
    )
    .option("--embedder <name>", "static, minilm or none (MEMORY_EMBEDDER; default static)")
    .option("--reranker <name>", "late-interaction or none (MEMORY_RERANKER; default none)")
    .option("--vectors <url>", "vector database for very large scopes (MEMORY_VECTORS; default none)")
    .option(
      "--index <place>",
      "where records are looked for: auto, process or store (MEMORY_INDEX; default auto)",
    )
    .option("--token <token>", "credential of the server (MEMORY_TOKEN)")
    .option(
      "--config <file>",
      "settings file (MEMORY_CONFIG; default the nearest memory.config.ts, .js or .json)",
    )
    .option("--json", "write JSON for programs")
    .option("-n, --namespace <name>", "only this namespace")
    .option("-u, --user <id>", "only this user")
    .option("--agent <id>", "only this agent")
    .option("-s, --session <id>", "only this session")
    .addHelpText("after", `\n${exitCodeTable()}`);
  for (const [name, [summary]] of Object.entries(COMMANDS)) program.command(name).description(summary);
  return program;
}

/** Loads the command that is called and lets it say what it takes. */
async function defineCalled(program: Command, argv: readonly string[], act: Act): Promise<void> {
  const [first, second] = program.parseOptions([...argv]).operands;
  const name = first === "help" ? second : first;
  if (name === undefined || !Object.hasOwn(COMMANDS, name)) return;
  const command = program.commands.find((candidate) => candidate.name() === name);
  const load = COMMANDS[name]?.[1];
  if (command && load) (await load()).define(command, act);
}

function watchForStops(): { stops: Stops; release: () => void } {
  const [interruption, closing] = [new AbortController(), new AbortController()];
  const interrupt = (name: NodeJS.Signals) => {
    const signal = name === "SIGTERM" ? "SIGTERM" : "SIGINT";
    // Whoever presses Ctrl+C twice does not want to wait.
    if (interruption.signal.aborted) process.exit(failureOf(new Interrupted(signal)).exitCode);
    interruption.abort(new Interrupted(signal));
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    closing.abort(error.code === "EPIPE" ? new OutputClosed() : error);
  });
  // With stderr gone there is nobody to tell.
  process.stderr.on("error", () => {});
  return {
    stops: { interrupted: interruption.signal, outputClosed: closing.signal },
    release: () => process.off("SIGINT", interrupt).off("SIGTERM", interrupt),
  };
}

/** Looked for by hand, because a command line that cannot be parsed must be answered in the right form too. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? argv.length : end).includes("--json" satisfies `--${keyof GlobalOptions}`);
}

function packageVersion(): string {
  const text = readFileSync(new URL("package.json", packageFolder()), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
