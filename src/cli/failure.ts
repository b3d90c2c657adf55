import { CommanderError } from "commander";
import { MemoirError } from "../core/errors.ts";
import { exitCode, exitCodeOf } from "./exit-codes.ts";
import { OutputClosed } from "./output.ts";

/** The signal that stopped a command. */
export class Interrupted extends Error {
  readonly signal: "SIGINT" | "SIGTERM";

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(signal === "SIGINT" ? "Interrupted." : "Terminated.");
    this.signal = signal;
  }
}

/** How an error ends a command; `code` is null when there is nothing to say. */
export interface Failure {
  readonly exitCode: number;
  readonly code: string | null;
  readonly message: string;
  readonly remedy: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function failureOf(error: unknown): Failure {
  if (MemoirError.is(error))
    return {
      exitCode: exitCodeOf(error.code),
      code: error.code,
      message: error.message,
      remedy: error.remedy,
      details: error.details,
    };
  if (error instanceof CommanderError) return usageFailure(error);
  if (error instanceof OutputClosed) return silent(exitCode("done"));
  if (error instanceof Interrupted)
    return {
      exitCode: exitCode(error.signal === "SIGINT" ? "interrupted" : "terminated"),
      code: "interrupted",
      message: error.message,
      remedy: "What was acknowledged is stored.",
    };
  if (isSystemError(error))
    return {
      exitCode: exitCode("failed"),
      code: error.code,
      message: `The system refused: ${error.message}.`,
      remedy: "Check that the file or folder exists and that you may use it.",
    };
  return {
    exitCode: exitCode("failed"),
    code: "internal",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    remedy: "This is a defect: please report it with the message.",
  };
}

function usageFailure(error: CommanderError): Failure {
  // Help and version have been printed.
  if (error.exitCode === 0) return silent(exitCode("done"));
  if (error.code === "commander.help") return silent(exitCode("usage"));
  return {
    exitCode: exitCode("usage"),
    code: "invalid_input",
    message: `${error.message.replace(/^error: /, "").replace(/\.$/, "")}.`,
    remedy: "Run the command with --help to see its arguments and options.",
  };
}

function silent(code: number): Failure {
  return { exitCode: code, code: null, message: "", remedy: "" };
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}

/** Writes a failure to stderr: a sentence and what to do, or one line of JSON. */
export function reportFailure(failure: Failure, json: boolean): void {
  const { code, message, remedy, details } = failure;
  if (code === null) return;
  console.error(
    json
      ? JSON.stringify({ error: { code, message, remedy, ...(details && { details }) } })
      : `${message}\n${remedy}`,
  );
}
