import type { Connection } from "./driver.ts";
import { isDamage } from "./failures.ts";

/** What must not be there: how to find it, and the sentence that tells of one finding. */
interface Rule {
  readonly text: string;
  readonly sentence: (row: Record<string, unknown>) => string;
}

/** What holds of sound data beyond what SQLite itself can know. */
const RULES: readonly Rule[] = [
  {
    text: "PRAGMA foreign_key_check",
    sentence: (row) =>
      `Row ${row["rowid"]} of ${row["table"]} belongs to a row of ${row["parent"]} that is gone.`,
  },
  {
    text: `SELECT id, version FROM records r WHERE NOT EXISTS (SELECT 1 FROM versions
      WHERE number = r.version_number AND tenant = r.tenant AND id = r.id AND version = r.version AND present)`,
    sentence: (row) => `Record ${JSON.stringify(row["id"])} has no version ${row["version"]} in its history.`,
  },
  {
    text: "SELECT id FROM records r WHERE NOT EXISTS (SELECT 1 FROM entries WHERE row = r.row)",
    sentence: (row) => `Record ${JSON.stringify(row["id"])} has no index entry, so recall cannot find it.`,
  },
  {
    text: "SELECT row FROM entries e WHERE NOT EXISTS (SELECT 1 FROM records WHERE row = e.row)",
    sentence: (row) => `Index entry ${row["row"]} belongs to no record.`,
  },
  {
    text: "SELECT id, version FROM versions WHERE NOT json_valid(body)",
    sentence: (row) => `Version ${row["version"]} of record ${JSON.stringify(row["id"])} cannot be read.`,
  },
  {
    // What a feed has forgotten nobody can look for in it.
    text: `SELECT tenant, id, version FROM versions WHERE tenant NOT IN (SELECT tenant FROM tenants WHERE forgotten > 0)
      EXCEPT SELECT tenant, id, version FROM changes WHERE kind = 'record'`,
    sentence: (row) =>
      `Version ${row["version"]} of record ${JSON.stringify(row["id"])} is missing in the change feed.`,
  },
  {
    text: `SELECT s.session_id AS id, s.message_count AS stored, count(m.session) AS counted
      FROM sessions s LEFT JOIN messages m ON m.session = s.session
      GROUP BY s.session HAVING stored <> counted`,
    sentence: (row) =>
      `Session ${JSON.stringify(row["id"])} says it has ${row["stored"]} messages but has ${row["counted"]}.`,
  },
  {
    text: `SELECT max(sequence) - min(sequence) + 1 - count(*) AS missing FROM changes
      WHERE sequence > (SELECT max(forgotten) FROM tenants) HAVING missing > 0`,
    sentence: (row) => `The change feed has gaps: ${row["missing"]} of its changes are missing.`,
  },
  {
    text: `SELECT max(sequence) AS last, seq FROM changes, sqlite_sequence WHERE name = 'changes'
      GROUP BY seq HAVING seq <> last`,
    sentence: (row) =>
      `The change feed ends at ${row["last"]}, but changes were numbered up to ${row["seq"]}.`,
  },
];

/** One sentence for each problem found. */
export function checkDatabase(connection: Connection): string[] {
  const damage = damageOf(connection).map((found) => `The file is damaged: ${found}.`);
  // A damaged file cannot be asked anything else.
  if (damage.length > 0) return damage;
  return RULES.flatMap(({ text, sentence }) => connection.all<Record<string, unknown>>(text).map(sentence));
}

function damageOf(connection: Connection): string[] {
  try {
    const rows = connection.all<{ integrity_check: string }>("PRAGMA integrity_check");
    return rows.map((row) => row.integrity_check).filter((found) => found !== "ok");
  } catch (error) {
    // Beyond some damage even the check for it breaks off.
    if (isDamage(error)) return [(error as Error).message];
    throw error;
  }
}
