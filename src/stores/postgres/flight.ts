import type { Connection, Submittable } from "pg";
import type { Row } from "./driver.ts";
import type { Prepared } from "./prepared.ts";
import type { Statement } from "./sql.ts";
import { encodeValue } from "./wire-text.ts";

/** What `pg` has on a connection for those who write queries of their own; its published types tell of an older form. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(query: { text: string; name: string }): void;
  bind(query: { portal: string; statement: string; values: (string | Buffer | null)[] }): void;
  execute(query: { portal: string; rows: number }): void;
  close(query: { type: "S"; name: string }): void;
  sync(): void;
}

/**
 * Statements that are sent together and end with one Sync, which makes them one transaction without BEGIN and COMMIT:
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING. Without `prepared` they have no names, so
 * that a pooler may give every transaction another connection.
 */
export class Flight implements Submittable {
  readonly #statements: readonly Statement[];
  readonly #prepared: Prepared | undefined;
  readonly #results: Row[][] = [];
  #rows: Row[] = [];
  readonly #resolve: (results: Row[][]) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    { statements, prepared }: { statements: readonly Statement[]; prepared?: Prepared | undefined },
    resolve: (results: Row[][]) => void,
    reject: (error: unknown) => void,
  ) {
    this.#statements = statements;
    this.#prepared = prepared;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    try {
      for (const { text, values, name = "" } of this.#statements) {
        const statement = this.#prepared ? name : "";
        const known = statement !== "" && this.#prepared?.begin(statement);
        if (known === "doubtful") wire.close({ type: "S", name: statement });
        if (known !== "known") wire.parse({ text, name: statement });
        wire.bind({ portal: "", statement, values: values.map(bound) });
        wire.execute({ portal: "", rows: 0 });
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleDataRow({ fields }: { fields: Row }): void {
    this.#rows.push(fields);
  }

  handleCommandComplete(): void {
    this.#results.push(this.#rows);
    this.#rows = [];
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete();
  }

  /** Comes after the commit; an error of the commit itself comes before it. */
  handleReadyForQuery(): void {
    this.#prepared?.succeeded();
    this.#resolve(this.#results);
  }

  handleError(error: unknown): void {
    this.#prepared?.failed();
    this.#reject(error);
  }
}

function bound(value: Statement["values"][number]): string | Buffer | null {
  return Buffer.isBuffer(value) ? value : encodeValue(value);
}
