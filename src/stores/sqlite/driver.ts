import { DatabaseSync, type StatementSync } from "node:sqlite";

export type SqlValue = string | number | Uint8Array | null;

/**
 * One connection to an SQLite file: all the store asks of an SQLite library. Statements are prepared once per text and
 * kept.
 */
export interface Connection {
  run(text: string, ...values: readonly SqlValue[]): { readonly changes: number; readonly lastRow: number };
  /** The first row, or undefined. The caller knows what the statement selects. */
  get<Row>(text: string, ...values: readonly SqlValue[]): Row | undefined;
  all<Row>(text: string, ...values: readonly SqlValue[]): Row[];
  /** Like `all`, with each row as a list of its columns: a fifth quicker where there are very many rows. */
  tuples<Row extends readonly SqlValue[]>(text: string, ...values: readonly SqlValue[]): Row[];
  /** Runs statements that take and give nothing, such as a schema. */
  exec(text: string): void;
  /** Makes a function of JSON text and other plain values callable in SQL. */
  define(name: string, implementation: (...values: SqlValue[]) => SqlValue): void;
  readonly inTransaction: boolean;
  close(): void;
}

/** Filters give many different statements: beyond this number the oldest are prepared anew. */
const KEPT_STATEMENTS = 500;

export function openConnection(path: string, options: { readonly readOnly: boolean }): Connection {
  // A lock that is taken is an error at once: SQLite would wait for it asleep, and the event loop with it.
  const database = new DatabaseSync(path, { readOnly: options.readOnly, timeout: 0 });
  const prepare = statementCache(database, false);
  const prepareForTuples = statementCache(database, true);
  return {
    run(text, ...values) {
      const { changes, lastInsertRowid } = prepare(text).run(...values);
      return { changes: Number(changes), lastRow: Number(lastInsertRowid) };
    },
    get: <Row>(text: string, ...values: SqlValue[]) => prepare(text).get(...values) as Row | undefined,
    all: <Row>(text: string, ...values: SqlValue[]) => prepare(text).all(...values) as Row[],
    tuples: <Row>(text: string, ...values: SqlValue[]) => prepareForTuples(text).all(...values) as Row[],
    exec: (text) => database.exec(text),
    define: (name, implementation) =>
      database.function(name, { deterministic: true, varargs: true }, (...values) =>
        implementation(...(values as SqlValue[])),
      ),
    get inTransaction() {
      return database.isTransaction;
    },
    close: () => database.close(),
  };
}

function statementCache(database: DatabaseSync, asArrays: boolean): (text: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (text) => {
    const known = statements.get(text);
    if (known) return known;
    const prepared = database.prepare(text);
    prepared.setReturnArrays(asArrays);
    if (statements.size >= KEPT_STATEMENTS) {
      const [oldest] = statements.keys();
      statements.delete(oldest as string);
    }
    statements.set(text, prepared);
    return prepared;
  };
}

/** SQLite's primary result code of an error, https://sqlite.org/rescode.html; undefined for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}
