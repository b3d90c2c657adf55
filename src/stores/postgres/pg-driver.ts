import type { Client, Pool, PoolClient } from "pg";
import { MemoirError, ValidationError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { type Driver, NoAnswer, type Row, sqlState, type Transaction } from "./driver.ts";
import { Flight } from "./flight.ts";
import { Prepared } from "./prepared.ts";
import { quoted, type Statement } from "./sql.ts";

/**
 * The parts of the package `pg` that the store uses.
 * @throws ValidationError when it is not installed.
 */
export async function loadPg(): Promise<Pick<typeof import("pg"), "Client" | "Pool">> {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw ValidationError.of("store", "needs the package pg: install it with npm install pg");
  }
}

export interface PgDriverOptions {
  /** How long to wait for each answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** A connection besides those of the pool, which is not open yet. */
  readonly separate: () => Client;
}

export function openPgDriver(pool: Pool, { timeoutMs, logger, separate }: PgDriverOptions): Driver {
  const apart = new Set<Client>();
  // What breaks under a query is thrown by the query; without a listener it would end the process besides.
  pool.on("connect", (client) => client.on("error", () => undefined));
  // A connection that breaks while nobody uses it; the pool makes another one.
  pool.on("error", (error) => logger.info({ reason: error.message }, "an idle database connection was lost"));
  async function withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await connect(pool);
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(!isRefusal(error));
      throw error;
    }
  }

  const fly = (client: PoolClient, statements: readonly Statement[], prepared?: Prepared) =>
    answerInTime<Row[][]>(timeoutMs, (resolve, reject) => {
      client.query(new Flight({ statements, prepared }, resolve, reject));
    });

  /** What each connection knows; undefined for one through a pooler, behind which every transaction may meet another server process. */
  const preparedOn = new WeakMap<PoolClient, Prepared | undefined>();
  const named = async (client: PoolClient, statements: readonly Statement[]): Promise<Row[][]> => {
    if (!preparedOn.has(client)) {
      const [[asked] = [], ...results] = await fly(client, [WHO_ANSWERS, ...statements]);
      // A pooler names a session of its own when it connects.
      const direct = asked?.[0] === String((client as PoolClient & { processID?: number }).processID);
      preparedOn.set(client, direct ? new Prepared() : undefined);
      return results;
    }
    try {
      return await fly(client, statements, preparedOn.get(client));
    } catch (error) {
      if (!FORGOTTEN.has(sqlState(error) ?? "") || !preparedOn.get(client)) throw error;
      // Nothing of it took place.
      preparedOn.set(client, undefined);
      return fly(client, statements);
    }
  };

  return {
    flight: (statements) => withClient((client) => named(client, statements)),
    transaction: (work) =>
      withClient(async (client) => {
        const script = async (text: string) => {
          await answerInTime(timeoutMs, (resolve, reject) => client.query(text).then(resolve, reject));
        };
        const transaction: Transaction = {
          async run(statement) {
            const [rows = []] = await fly(client, [statement]);
            return rows;
          },
          script,
        };
        // Whatever the database's default is: who waits for a lock must see what its holder did. A process that stops in the
        // middle must not keep its locks for ever.
        await script(
          `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = ${timeoutMs}`,
        );
        try {
          const result = await work(transaction);
          await script("COMMIT");
          return result;
        } catch (error) {
          // With the connection the transaction ends by itself.
          if (isRefusal(error)) await script("ROLLBACK");
          throw error;
        }
      }),
    async alone(text) {
      const client = separate();
      client.on("error", () => undefined);
      apart.add(client);
      try {
        await client.connect();
        await client.query(text);
      } finally {
        apart.delete(client);
        await client.end();
      }
    },
    async listen(channel, { listening, heard, signal }) {
      const client = separate();
      const ended = new Promise<void>((resolve) => {
        client.once("end", () => resolve());
      });
      client.on("error", () => undefined);
      client.on("notification", ({ payload = "" }) => heard(payload));
      const end = () => void client.end();
      signal.addEventListener("abort", end, { once: true });
      try {
        await client.connect();
        // A pooler names a session of its own when it connects. LISTEN would stay behind on one that others use.
        const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
        if (rows[0]?.pid !== (client as Client & { processID?: number }).processID) return "pooled";
        await client.query(`LISTEN ${quoted(channel)}`);
        listening();
        await ended;
        return "ended";
      } finally {
        signal.removeEventListener("abort", end);
        await client.end();
      }
    },
    async close() {
      await Promise.all([...apart].map((client) => client.end()));
      await pool.end();
    },
  };
}

const WHO_ANSWERS: Statement = { text: "SELECT pg_backend_pid()", values: [] };

/**
 * The server does not know a statement by its name, or knows another one, or what it gives has changed:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html.
 */
const FORGOTTEN = new Set(["26000", "42P05", "0A000"]);

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    // The pool's own words for it; it has no code.
    const late = error instanceof Error && /timeout exceeded when trying to connect/.test(error.message);
    throw sqlState(error) === undefined ? new NoAnswer(late ? "late" : "lost", false, error) : error;
  }
}

/** Whether the connection is as good as before: the server said no, or a caller's own work threw. */
function isRefusal(error: unknown): boolean {
  if (error instanceof NoAnswer) return false;
  const state = sqlState(error);
  return state === undefined ? MemoirError.is(error) : !endsConnection(state);
}

/** Shutdown and crash of the server, or the end of this connection by an administrator. */
function endsConnection(state: string): boolean {
  return state.startsWith("57P") || state.startsWith("08") || state === "25P03";
}

function answerInTime<Result>(
  timeoutMs: number,
  begin: (resolve: (result: Result) => void, reject: (error: unknown) => void) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new NoAnswer("late", true, new Error(`no answer within ${timeoutMs} ms`)));
    }, timeoutMs);
    begin(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error) => {
        clearTimeout(timer);
        const state = sqlState(error);
        const lost = state === undefined || endsConnection(state);
        reject(lost ? new NoAnswer("lost", true, error) : error);
      },
    );
  });
}
