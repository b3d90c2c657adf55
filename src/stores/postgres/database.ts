import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type Driver, NoAnswer, type Row, type Transaction } from "./driver.ts";
import { closedFailure, storeFailure, wasUndone } from "./failures.ts";
import { labelKey } from "./labels.ts";
import type { Replicas } from "./replicas.ts";
import { namedStatement, type Sql, type Statement, sql, statement } from "./sql.ts";
import { WriteGroups } from "./write-groups.ts";

/** A schema in an open database: what the store's methods work with. Everything here is one flight, unless it must be repeated. */
export interface Database {
  readonly schema: string;
  /** Runs a query that sees nothing but the rows of one tenant, after what it wants to be set for its transaction. */
  read(tenant: string, query: Sql, settings?: Sql): Promise<Row[]>;
  /** As `read`, for a query that takes in many rows: a replica may answer, with all that the primary knew when it was called. */
  scan(tenant: string, query: Sql, settings?: Sql): Promise<Row[]>;
  /** Calls a function that says by itself which rows it sees; it must change nothing. The text must be one of a few. */
  ask(functionCall: Sql): Promise<Row[]>;
  /**
   * Calls a function that writes for a tenant. It is given the id of the request, and its changes must carry it: when the answer
   * is lost, they tell whether the write took place, and what became of it.
   */
  write<Result>(tenant: string, request: WriteRequest<Result>): Promise<Result>;
  /**
   * Makes several calls for a tenant in one transaction of as many flights and two more: from the first call on no other writer
   * of the tenant comes between.
   */
  writeAlone<Result>(tenant: string, request: AloneRequest<Result>): Promise<Result>;
  /** Runs `work` in one transaction of several flights, again from the start when it was undone for the sake of another. */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Runs a statement that no transaction can hold. Closing does not wait for it. */
  alone(text: string): Promise<void>;
  close(): Promise<void>;
}

interface Recoverable<Result> {
  /** The result of a write whose answer was lost, of the changes it made, oldest first. Left out: it may be done twice. */
  readonly recovered?: (
    changes: readonly { readonly id: string; readonly version: number; readonly sequence: number }[],
  ) => Result;
}

export interface WriteRequest<Result> extends Recoverable<Result> {
  /** The call of a function. */
  readonly call: (request: string) => Sql;
  readonly result: (rows: Row[]) => Result;
}

export interface AloneRequest<Result> extends Recoverable<Result> {
  readonly work: (run: Run, request: string) => Promise<Result>;
}

/** Makes one call of a function and gives the rows. */
type Run = (call: Sql) => Promise<Row[]>;

export interface DatabaseOptions {
  readonly schema: string;
  /** Names the database in messages. */
  readonly name: string;
  /** How long a call may take, with everything that is tried again, in milliseconds. */
  readonly timeoutMs: number;
  /** Closed with the database. */
  readonly replicas?: Replicas;
}

/** Longest pause before trying again, in milliseconds. */
const LONGEST_PAUSE = 250;

/** How far back in the feed a lost write is looked for. */
const RECENT_CHANGES = 100_000;

export function databaseOn(driver: Driver, { schema, name, timeoutMs, replicas }: DatabaseOptions): Database {
  const groups = new WriteGroups((statements) => driver.flight(statements), timeoutMs);
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  /** Runs a call unless the store is closed, so that closing can wait for it. */
  async function call<Result>(work: () => Promise<Result>): Promise<Result> {
    if (closing !== undefined) throw closedFailure(name);
    const promise = work();
    running.add(promise);
    try {
      return await promise;
    } catch (error) {
      throw storeFailure(error, name);
    } finally {
      running.delete(promise);
    }
  }

  /** Tries again what did not take place, and what may take place twice, as long as there is time. */
  async function persistently<Result>(attempt: () => Promise<Result>, repeatable: boolean): Promise<Result> {
    const deadline = performance.now() + timeoutMs;
    for (let tries = 0; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        const again =
          error instanceof NoAnswer
            ? error.reason === "lost" && (repeatable || !error.sent)
            : wasUndone(error);
        const pause = Math.random() * Math.min(LONGEST_PAUSE, 4 * 2 ** tries);
        if (!again || performance.now() + pause > deadline) throw error;
        await wait(pause);
      }
    }
  }

  /** The function waits for other writers of the tenant no longer than its caller waits for it. */
  const writing = (functionCall: Sql) =>
    sql`SELECT ${functionCall} FROM set_config('lock_timeout', ${String(timeoutMs)}, true)`;
  const compiled = (query: Sql) => statement(query, schema);
  const calling = (functionCall: Sql) => namedStatement(functionCall, schema);
  const forTenant = (tenant: string) => sql`SELECT set_config('memoir.tenant', ${labelKey(tenant)}, true)`;

  function ask(statements: readonly Statement[], among?: Replicas): Promise<Row[]> {
    const attempt = async () =>
      ((await among?.flight(driver, statements)) ?? (await driver.flight(statements))).at(-1) ?? [];
    return call(() => persistently(attempt, true));
  }

  const ofTenant = (tenant: string, query: Sql, settings?: Sql) =>
    (settings ? [forTenant(tenant), settings, query] : [forTenant(tenant), query]).map(compiled);

  /** What a request changed, oldest first; asked in a transaction in which the tenant is locked. */
  async function changesOf(tenant: string, request: string, transaction: Transaction) {
    await transaction.run(compiled(forTenant(tenant)));
    const query = sql`SELECT c.id, c.version, c.sequence FROM SCHEMA.tenants t
      JOIN SCHEMA.changes c ON c.tenant = t.tenant AND c.sequence > t.last_sequence - ${RECENT_CHANGES}::bigint
      WHERE t.tenant = ${labelKey(tenant)} AND c.request = ${request}::uuid ORDER BY c.sequence`;
    const rows = await transaction.run(compiled(query));
    return rows.map(([id, version, sequence]) => ({
      id: id ?? "",
      version: Number(version),
      sequence: Number(sequence),
    }));
  }

  /** Once an answer was lost, the tenant is locked before looking for what was done: the lost call may still be on its way. */
  function write<Result>(tenant: string, { work, recovered }: AloneRequest<Result>, alone: boolean) {
    const request = randomUUID();
    let uncertain = false;
    const attempt = async () => {
      if (!alone && !uncertain) return work((query) => groups.run(tenant, calling(writing(query))), request);
      return driver.transaction(async (transaction) => {
        const run: Run = (query) => transaction.run(compiled(writing(query)));
        if (uncertain && recovered) {
          await run(sql`SCHEMA.begin_write(${tenant})`);
          const changes = await changesOf(tenant, request, transaction);
          if (changes.length > 0) return recovered(changes);
        }
        return work(run, request);
      });
    };
    return persistently(async () => {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof NoAnswer) uncertain ||= error.sent;
        throw error;
      }
    }, true);
  }

  return {
    schema,
    read: (tenant, query, settings) => ask(ofTenant(tenant, query, settings)),
    scan: (tenant, query, settings) => ask(ofTenant(tenant, query, settings), replicas),
    ask: (functionCall) => ask([calling(functionCall)]),
    write: (tenant, { call: functionCall, result, ...recoverable }) =>
      call(() => {
        const work = async (run: Run, request: string) => result(await run(functionCall(request)));
        return write(tenant, { work, ...recoverable }, false);
      }),
    writeAlone: (tenant, request) => call(() => write(tenant, request, true)),
    transaction: (work) => call(() => persistently(() => driver.transaction(work), false)),
    alone: (text) => driver.alone(text),
    close() {
      closing ??= (async () => {
        while (running.size > 0) await Promise.allSettled(running);
        await Promise.all([driver.close(), replicas?.close()]);
      })();
      return closing;
    },
  };
}

/** Every column of a function that gives rows. */
export function rowsOf(call: Sql): Sql {
  return sql`SELECT * FROM ${call}`;
}
