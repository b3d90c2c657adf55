import type { ErrorCode } from "../core/errors.ts";

/** What a command's exit code says. The one table: help and documentation print it. */
export const EXIT_CODES = {
  done: [0, "done"],
  failed: [1, "failed, or done only in part"],
  usage: [2, "wrong usage or input; nothing was done"],
  notFound: [3, "not found"],
  conflict: [4, "conflict: somebody else was first, or the id is taken"],
  unavailable: [5, "the store or server is unavailable or busy"],
  notPermitted: [6, "not permitted: the token is missing, wrong or does not cover this"],
  interrupted: [130, "interrupted with Ctrl+C"],
  terminated: [143, "terminated"],
} as const satisfies Record<string, readonly [number, string]>;

export function exitCode(name: keyof typeof EXIT_CODES): number {
  return EXIT_CODES[name][0];
}

/** The exit code for an error of the library. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case "invalid_input":
    case "body_too_large":
      return exitCode("usage");
    case "record_not_found":
    case "session_not_found":
    case "not_found":
      return exitCode("notFound");
    case "version_conflict":
    case "id_in_use":
    case "idempotency_key_reused":
      return exitCode("conflict");
    case "store_busy":
    case "store_unavailable":
    case "store_closed":
    case "store_full":
    case "store_failed":
    case "server_unreachable":
    case "timed_out":
      return exitCode("unavailable");
    case "unauthorized":
    case "forbidden":
      return exitCode("notPermitted");
    default:
      return exitCode("failed");
  }
}

export function exitCodeTable(): string {
  const rows = Object.values(EXIT_CODES).map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`);
  return `Exit codes:\n${rows.join("\n")}`;
}
