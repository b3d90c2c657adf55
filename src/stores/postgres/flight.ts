import type { Connection, Submittable } from "pg";
import type { Row } from "./driver.ts";
import type { Statement } from "./sql.ts";
import { encodeValue } from "./wire-text.ts";

/** What `pg` has on a connection for those who write queries of their own; its published types tell of an older form. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(query: { text: string; name: string }): void;
  bind(query: { portal: string; statement: string; values: (string | null)[] }): void;
  execute(query: { portal: string; rows: number }): void;
  sync(): void;
}

/**
 * Statements that are sent together and end with one Sync, which makes them one transaction without BEGIN and COMMIT:
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING. They have no names, so that a pooler may
 * give every transaction another connection.
 */
export class Flight implements Submittable {
  readonly #statements: readonly Statement[];
  readonly #results: Row[][] = [];
  #rows: Row[] = [];
  readonly #resolve: (results: Row[][]) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    statements: readonly Statement[],
    resolve: (results: Row[][]) => void,
    reject: (error: unknown) => void,
  ) {
    this.#statements = statements;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    try {
      for (const { text, values } of this.#statements) {
        wire.parse({ text, name: "" });
        wire.bind({ portal: "", statement: "", values: values.map(encodeValue) });
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
    this.#resolve(this.#results);
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }
}
