import type { PGlite, Transaction as PGliteTransaction } from "@electric-sql/pglite";
import type { Driver, Row } from "./driver.ts";
import type { SqlValue, Statement } from "./sql.ts";
import { encodeValue } from "./wire-text.ts";

/** PostgreSQL in this process: one session, in which transactions follow one another. */
export function pgliteDriver(database: PGlite, release: () => Promise<void>): Driver {
  const run = async (transaction: PGliteTransaction, { text, values }: Statement): Promise<Row[]> => {
    const { rows } = await transaction.query<Row>(text, values.map(asText), {
      rowMode: "array",
      parsers: AS_TEXT,
      serializers: AS_TEXT,
    });
    return rows as unknown as Row[];
  };
  return {
    flight: (statements) =>
      database.transaction(async (transaction) => {
        const results: Row[][] = [];
        for (const statement of statements) results.push(await run(transaction, statement));
        return results;
      }),
    transaction: (work) =>
      database.transaction((transaction) =>
        work({
          run: (statement) => run(transaction, statement),
          async script(text) {
            await transaction.exec(text);
          },
        }),
      ),
    async alone(text) {
      await database.exec(text);
    },
    close: release,
  };
}

/** PGlite would take bytes for text; this is how text says bytes. */
function asText(value: SqlValue): string | null {
  return Buffer.isBuffer(value) ? `\\x${value.toString("hex")}` : encodeValue(value);
}

/** Object identifiers of the types that PGlite would turn into others: bool, bytea, integers, floats, JSON, dates, text and their arrays. */
const TYPES = [
  16, 17, 20, 21, 23, 25, 114, 700, 701, 1000, 1001, 1005, 1007, 1009, 1016, 1022, 1082, 1114, 1184, 1185,
  1231, 1700, 2950, 3802, 3807,
];

const AS_TEXT = Object.fromEntries(TYPES.map((type) => [type, (text: string) => text]));
