import type { Logger } from "../../core/logger.ts";
import { type Driver, NoAnswer, type Row, sqlState } from "./driver.ts";
import type { Statement } from "./sql.ts";

/** A server that follows the primary by streaming replication. */
export interface Replica {
  /** For messages. */
  readonly name: string;
  readonly driver: Driver;
}

/** Where the primary's log ends, which is behind all that anybody was told is done; and whose log it is. */
const POSITION = `SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() END, system_identifier,
  current_database() FROM pg_control_system()`;

/** Waits up to 30 milliseconds for a replica that is as far behind as replicas usually are. */
const CATCH_UP = `SELECT pg_sleep(0.002) FROM generate_series(1, 15) WHERE pg_last_wal_replay_lsn() < $1::pg_lsn`;

/**
 * Why the replica must not answer; NULL when it may. The statements after this one look at the data anew, so they see what it saw;
 * under a stricter isolation they would see what was there before.
 */
const UNFIT = `SELECT CASE
    WHEN NOT pg_is_in_recovery() OR system_identifier::text <> $2 OR current_database() <> $3
      THEN 'it is no replica of this database'
    WHEN current_setting('transaction_isolation') <> 'read committed' THEN 'its transactions are not read committed'
    WHEN pg_last_wal_replay_lsn() >= $1::pg_lsn THEN NULL
    ELSE 'it is behind' END
  FROM pg_control_system()`;

/** What is usual for a moment: to be behind, to lack a table that was just made, to break a read off so as to catch up. */
const PASSING = /^(it is behind|42|3F|40)/;

/** How long a replica that could not answer is left alone, in milliseconds: doubled each time until it answers again. */
const REST = { first: 100, longest: 10_000 };

/** How it goes with a replica that could not answer. */
interface Spell {
  readonly rest: number;
  readonly until: number;
  readonly told: boolean;
}

/** Replicas that answer reads in the place of the primary, in turn; never with less than the primary would have known. */
export class Replicas {
  readonly #replicas: readonly Replica[];
  readonly #logger: Logger;
  readonly #spells = new Map<Replica, Spell>();
  #turn = 0;

  constructor(replicas: readonly Replica[], logger: Logger) {
    this.#replicas = replicas;
    this.#logger = logger;
  }

  /** Runs statements that read on a replica; gives the rows of each, or undefined when the primary must be asked. */
  async flight(primary: Driver, statements: readonly Statement[]): Promise<Row[][] | undefined> {
    const replica = this.#next();
    if (!replica) return undefined;
    const [position] = await primary.flight([{ text: POSITION, values: [] }]);
    const [end = null, system = null, database = null] = position?.[0] ?? [];
    if (end === null) return undefined;
    try {
      const [, unfit, ...results] = await replica.driver.flight([
        { text: CATCH_UP, values: [end] },
        { text: UNFIT, values: [end, system, database] },
        ...statements,
      ]);
      const reason = unfit?.[0]?.[0] ?? null;
      if (reason !== null) return this.#leaveAlone(replica, reason);
      this.#answered(replica);
      return results;
    } catch (error) {
      // Of an error of the server no more than its code: the sentence may repeat data.
      return this.#leaveAlone(
        replica,
        error instanceof NoAnswer ? error.message : (sqlState(error) ?? "failed"),
      );
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map(({ driver }) => driver.close()));
  }

  #next(): Replica | undefined {
    const now = performance.now();
    const ready = this.#replicas.filter((replica) => now >= (this.#spells.get(replica)?.until ?? 0));
    return ready[this.#turn++ % ready.length];
  }

  #leaveAlone(replica: Replica, reason: string): undefined {
    const now = performance.now();
    const spell = this.#spells.get(replica);
    // Of several reads that failed together, one counts.
    if (spell && now < spell.until) return;
    const rest = spell ? Math.min(2 * spell.rest, REST.longest) : REST.first;
    const telling = !spell?.told && (!PASSING.test(reason) || rest === REST.longest);
    if (telling)
      this.#logger.warn({ replica: replica.name, reason }, "a replica cannot answer; the primary does");
    this.#spells.set(replica, { rest, until: now + rest, told: telling || spell?.told === true });
  }

  #answered(replica: Replica): void {
    if (this.#spells.get(replica)?.told)
      this.#logger.info({ replica: replica.name }, "a replica answers again");
    this.#spells.delete(replica);
  }
}
