import type { Statement } from "./sql.ts";

/** A row as the server gave it: the columns in their order, as text. */
export type Row = readonly (string | null)[];

/** All the store asks of a PostgreSQL library. Text goes and comes as it is; errors of the server have its `code`. */
export interface Driver {
  /** Runs statements in order as one transaction, sent together; gives the rows of each. */
  flight(statements: readonly Statement[]): Promise<Row[][]>;
  /** Runs `work` in a transaction of several flights, which is undone when it throws. */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Runs a statement that no transaction can hold, however long it takes: on a connection of its own, which closing breaks off. */
  alone(text: string): Promise<void>;
  /**
   * Listens on a channel, on a connection of its own, until that is lost or the signal fires. `pooled`: a pooler gives every transaction
   * another session, so that nothing would be heard. Left out: there are no other sessions.
   */
  listen?(channel: string, listening: Listening): Promise<"ended" | "pooled">;
  /** Waits for what was begun. */
  close(): Promise<void>;
}

export interface Listening {
  /** Called when nothing is missed from now on. */
  readonly listening: () => void;
  readonly heard: (payload: string) => void;
  readonly signal: AbortSignal;
}

export interface Transaction {
  /** Runs one statement; gives its rows. */
  run(statement: Statement): Promise<Row[]>;
  /** Runs statements that take and give nothing, such as a schema. */
  script(text: string): Promise<void>;
}

/** Why a transaction has no outcome that is known. */
export class NoAnswer extends Error {
  readonly reason: "lost" | "late";
  /** Whether the transaction may have taken place all the same. */
  readonly sent: boolean;

  /** @param reason `lost` for a connection that broke or could not be made, `late` for one that was waited for too long. */
  constructor(reason: "lost" | "late", sent: boolean, cause: unknown) {
    super(cause instanceof Error && cause.message !== "" ? cause.message : String(cause), { cause });
    this.reason = reason;
    this.sent = sent;
  }
}

/** The five characters by which the server names an error, https://www.postgresql.org/docs/current/errcodes-appendix.html. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  // Not EPIPE and the like, which the system says.
  return /^(?!E[A-Z])[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}
