import type { Command } from "commander";
import { findConfigFile, readConfigFile } from "../config/file.ts";
import { CONFIG_VARIABLE, createSettings, isRemote, type Settings } from "../config/settings.ts";
import { ValidationError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Scope } from "../core/scope.ts";
import type { Memory } from "../memory.ts";
import type { OpenOptions } from "../open-options.ts";
import { Output } from "./output.ts";

/** What every command takes, before its name or after it. */
export interface GlobalOptions {
  readonly data?: string;
  readonly store?: string;
  readonly working?: string;
  readonly longTerm?: string;
  readonly config?: string;
  readonly jobs?: string;
  readonly embedder?: string;
  readonly reranker?: string;
  readonly vectors?: string;
  readonly index?: string;
  readonly token?: string;
  readonly json?: boolean;
  readonly namespace?: string;
  readonly user?: string;
  readonly agent?: string;
  readonly session?: string;
}

/** Exit code of a command; nothing means done. */
export type Outcome = number | undefined;

/** Makes a commander action of a command's own function. */
export type Act = <Options, Arguments extends unknown[]>(
  perform: (run: Run<Options>, ...args: Arguments) => Promise<Outcome>,
) => (...given: unknown[]) => Promise<void>;

/** A command file: adds arguments, options and action to the command it is given. */
export interface CommandModule {
  define(command: Command, act: Act): void;
}

/** What can stop a command from outside. */
export interface Stops {
  readonly interrupted: AbortSignal;
  readonly outputClosed: AbortSignal;
}

/** One run of a command: its options, where it writes, and the memory it works on. */
export class Run<Options = unknown> {
  readonly options: Options & GlobalOptions;
  readonly output: Output;
  /** Fires when the person presses Ctrl+C or the reader of the output goes away. */
  readonly signal: AbortSignal;
  /** Fires when the person presses Ctrl+C or the system asks the process to end. */
  readonly interrupted: AbortSignal;
  readonly settings: Settings;
  #memory: Promise<Memory> | null = null;

  private constructor(options: Options & GlobalOptions, stops: Stops, settings: Settings) {
    this.options = options;
    this.settings = settings;
    this.interrupted = stops.interrupted;
    this.signal = AbortSignal.any([stops.interrupted, stops.outputClosed]);
    this.output = new Output(options.json ?? false);
  }

  static async start<Options>(options: Options & GlobalOptions, stops: Stops): Promise<Run<Options>> {
    const path = options.config ?? (process.env[CONFIG_VARIABLE] || findConfigFile(process.cwd()));
    const file = path === null ? null : await readConfigFile(path);
    const { data, store, working, longTerm, jobs, embedder, reranker, vectors, index, token } = options;
    const { host, port, logLevel, workers } = options as Readonly<Record<string, string | undefined>>;
    const places = { data, store, working, longTerm, jobs, vectors };
    const flags = { ...places, embedder, reranker, index, token, host, port, logLevel, workers };
    return new Run(options, stops, createSettings(flags, process.env, file));
  }

  /** The scope the options name. */
  get scope(): Scope {
    const { namespace, user, agent, session } = this.options;
    return {
      ...(namespace !== undefined && { namespace }),
      ...(user !== undefined && { userId: user }),
      ...(agent !== undefined && { agentId: agent }),
      ...(session !== undefined && { sessionId: session }),
    };
  }

  /** The memory the options lead to, opened once and closed with the run. */
  memory(options: Pick<OpenOptions, "workers"> = {}): Promise<Memory> {
    this.#memory ??= openFrom(this.settings, options);
    return this.#memory;
  }

  /** The part of the memory that the scope options leave. */
  async scoped(): Promise<Memory> {
    return (await this.memory()).scope(this.scope);
  }

  async close(): Promise<void> {
    const opening = this.#memory;
    // A memory that could not be opened has already failed the command.
    const memory = await opening?.catch(() => null);
    await memory?.close();
  }
}

/** Says on stderr what went wrong beside the command's own work. */
const troubles: Logger = {
  debug() {},
  info() {},
  warn: sayTrouble,
  error: sayTrouble,
};

function sayTrouble(fields: object, message: string): void {
  const cause = "err" in fields && fields.err instanceof Error ? `: ${fields.err.message}` : "";
  process.stderr.write(`${message}${cause}\n`);
}

/** Opens the memory that settings lead to. */
export async function openFrom(settings: Settings, more: Pick<OpenOptions, "workers"> = {}): Promise<Memory> {
  const [{ openMemory }, { openOptions }] = await Promise.all([
    import("../open.ts"),
    import("../config/options.ts"),
  ]);
  const options = await openOptions(settings);
  try {
    const local = isRemote(settings.storeUrl().value) ? {} : more;
    return await openMemory({ ...options, ...local, logger: troubles });
  } catch (error) {
    throw named(error, settings);
  }
}

/** An error about what was opened, named as the person gave it. */
function named(error: unknown, settings: Settings): unknown {
  if (!(error instanceof ValidationError)) return error;
  const places = new Map([
    ["store", settings.storeUrl()],
    ["working", settings.workingUrl()],
    ["jobs", settings.get("jobs")],
    ["vectors", settings.get("vectors")],
  ]);
  const issues = error.issues.map((issue) => {
    const [field, ...rest] = issue.path;
    const place = places.get(String(field));
    if (!place || place.source === "default") return issue;
    // An option inside a URL stands behind the place of the URL.
    const message = rest.length > 0 ? `${rest.join(".")} ${issue.message}` : issue.message;
    return { ...issue, path: [place.source], message };
  });
  return new ValidationError(issues);
}
