import type { Database } from "./database.ts";
import { driftOf } from "./drift.ts";
import { inSchema } from "./sql.ts";
import { decodeText } from "./wire-text.ts";

/** What must not be there: how to find it, and the sentence that tells of one finding. */
interface Rule {
  readonly text: string;
  readonly sentence: (...columns: (string | null)[]) => string;
}

/** What holds of sound data beyond what PostgreSQL itself sees to. */
const RULES: readonly Rule[] = [
  {
    text: `SELECT r.id, r.version FROM SCHEMA.records r WHERE NOT EXISTS (SELECT 1 FROM SCHEMA.versions v
      WHERE v.tenant = r.tenant AND v.id = r.id AND v.version = r.version AND v.present AND v.body IS NOT NULL)`,
    sentence: (id, version) => `Record ${JSON.stringify(id)} has no version ${version} in its history.`,
  },
  {
    text: `SELECT r.id FROM SCHEMA.records r WHERE NOT EXISTS (
      SELECT 1 FROM SCHEMA.entries e WHERE e.tenant = r.tenant AND e."row" = r."row")`,
    sentence: (id) => `Record ${JSON.stringify(id)} has no index entry, so recall cannot find it.`,
  },
  {
    text: `SELECT e."row" FROM SCHEMA.entries e WHERE NOT EXISTS (
      SELECT 1 FROM SCHEMA.records r WHERE r.tenant = e.tenant AND r."row" = e."row")`,
    sentence: (row) => `Index entry ${row} belongs to no record.`,
  },
  {
    // What a feed has forgotten nobody can look for in it.
    text: `SELECT v.id, v.version FROM SCHEMA.versions v JOIN SCHEMA.tenants t ON t.tenant = v.tenant AND t.forgotten = 0
      WHERE NOT EXISTS (SELECT 1 FROM SCHEMA.changes c
      WHERE c.tenant = v.tenant AND c.kind = 'record' AND c.version = v.version AND SCHEMA.label_key(c.id) = v.id)`,
    sentence: (id, version) =>
      `Version ${version} of record ${JSON.stringify(id)} is missing in the change feed.`,
  },
  {
    text: `SELECT s.state ->> 'sessionId', s.message_count, count(m.position) FROM SCHEMA.sessions s
      LEFT JOIN SCHEMA.messages m ON m.tenant = s.tenant AND m.session = s.session
      GROUP BY s.tenant, s.session HAVING s.message_count <> count(m.position)`,
    sentence: (id, stored, counted) =>
      `Session ${JSON.stringify(id)} says it has ${stored} messages but has ${counted}.`,
  },
  {
    text: `SELECT m.id FROM SCHEMA.messages m WHERE NOT EXISTS (
      SELECT 1 FROM SCHEMA.sessions s WHERE s.tenant = m.tenant AND s.session = m.session)`,
    sentence: (id) => `Message ${JSON.stringify(id)} belongs to no session.`,
  },
  {
    text: `SELECT t.name, t.last_sequence, count(c.sequence), coalesce(max(c.sequence), 0) FROM SCHEMA.tenants t
      LEFT JOIN SCHEMA.changes c ON c.tenant = t.tenant
      GROUP BY t.tenant HAVING count(c.sequence) <> t.last_sequence - t.forgotten OR coalesce(max(c.sequence), 0) <> t.last_sequence`,
    sentence: (name, last, count, highest) =>
      `The change feed of tenant ${JSON.stringify(name)} ends at ${last}, but has ${count} changes up to ${highest}.`,
  },
];

/** One sentence for each problem found: in the schema, and when that is as it should be, in the data. */
export async function checkDatabase(database: Database): Promise<string[]> {
  const drift = await database.transaction((transaction) => driftOf(transaction, database.schema));
  if (drift.length > 0) return drift;
  return database.transaction(async ({ run, script }) => {
    await script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    await run({ text: "SELECT set_config('memoir.every_tenant', 'yes', true)", values: [] });
    const found: string[] = [];
    for (const { text, sentence } of RULES) {
      const rows = await run({ text: inSchema(text, database.schema), values: [] });
      found.push(...rows.map((row) => sentence(...row.map(decodeText))));
    }
    return found;
  });
}
