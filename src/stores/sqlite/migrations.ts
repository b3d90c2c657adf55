import { StoreError } from "../../core/errors.ts";
import type { Connection } from "./driver.ts";

/** "Memo": marks the file as ours, see `file(1)` and https://sqlite.org/pragma.html#pragma_application_id. */
export const APPLICATION_ID = 0x4d656d6f;

const RECORDS = `
CREATE TABLE tenants (
  tenant INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE changes (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL REFERENCES tenants,
  kind TEXT NOT NULL,
  change TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  at TEXT NOT NULL,
  namespace TEXT,
  user_id TEXT,
  agent_id TEXT,
  session_id TEXT
) STRICT;
CREATE INDEX changes_of_tenant ON changes (tenant);

-- Every version of every record as JSON; the present records point at their last one.
CREATE TABLE versions (
  number INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  change TEXT NOT NULL,
  present INTEGER NOT NULL,   -- whether the record was there after the change
  at TEXT NOT NULL,
  user_id TEXT,
  created_at TEXT NOT NULL,
  expires_at TEXT,
  note TEXT,
  body TEXT NOT NULL,
  UNIQUE (tenant, id, version)
) STRICT;
CREATE INDEX versions_by_time ON versions (tenant, created_at DESC, id);
CREATE INDEX versions_of_user_by_time ON versions (tenant, user_id, created_at DESC, id);

-- The present records, in the columns they are found and sorted by.
CREATE TABLE records (
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL REFERENCES tenants,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  version_number INTEGER NOT NULL,
  duplicate_key TEXT,
  type TEXT NOT NULL,
  namespace TEXT,
  user_id TEXT,
  agent_id TEXT,
  session_id TEXT,
  pinned INTEGER NOT NULL,
  extracted INTEGER NOT NULL,
  importance REAL NOT NULL,
  access_count INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  last_accessed_at TEXT NOT NULL,
  persisted_at TEXT,
  event_date TEXT,
  valid_from TEXT,
  valid_to TEXT,
  expires_at TEXT,
  topics TEXT,                -- JSON, as are the next two; NULL when empty
  entities TEXT,
  metadata TEXT
) STRICT;
CREATE UNIQUE INDEX records_by_id ON records (tenant, id);
CREATE UNIQUE INDEX records_by_duplicate_key ON records (tenant, duplicate_key) WHERE duplicate_key IS NOT NULL;
-- The last columns let recall's usual conditions be answered from the index alone.
CREATE INDEX records_of_tenant ON records (tenant, row, expires_at, valid_from, valid_to);
CREATE INDEX records_of_user ON records (tenant, user_id, row, expires_at, valid_from, valid_to);
CREATE INDEX records_by_time ON records (tenant, created_at DESC, id);
CREATE INDEX records_of_user_by_time ON records (tenant, user_id, created_at DESC, id);
CREATE INDEX records_of_namespace ON records (tenant, namespace, created_at DESC, id) WHERE namespace IS NOT NULL;
CREATE INDEX records_of_agent ON records (tenant, agent_id, created_at DESC, id) WHERE agent_id IS NOT NULL;
CREATE INDEX records_of_session ON records (tenant, session_id, created_at DESC, id) WHERE session_id IS NOT NULL;
CREATE INDEX records_by_expiry ON records (tenant, expires_at) WHERE expires_at IS NOT NULL;

-- What recall reads of a record besides the record, beside it so that lists stay cheap.
CREATE TABLE entries (
  row INTEGER PRIMARY KEY REFERENCES records ON DELETE CASCADE,
  embedder TEXT NOT NULL,
  analyzer TEXT NOT NULL,
  terms TEXT NOT NULL,
  vector BLOB                 -- 32-bit floats, little-endian
) STRICT;
CREATE INDEX entries_by_maker ON entries (embedder, analyzer);
CREATE INDEX entries_without_vector ON entries (row) WHERE vector IS NULL;

-- Where an id leads from an instant on; a NULL target ends an alias.
CREATE TABLE aliases (
  number INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  id TEXT NOT NULL,
  target TEXT,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX aliases_by_id ON aliases (tenant, id);
CREATE INDEX aliases_by_target ON aliases (tenant, target) WHERE target IS NOT NULL;

-- The last version of ids whose history was erased: version numbers never come again.
CREATE TABLE erasures (
  tenant INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- What each idempotency key was answered with.
CREATE TABLE answers (
  tenant INTEGER NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (tenant, key)
) STRICT;
`;

/**
 * What SQLite's planner is to believe, https://sqlite.org/fileformat2.html#the_sqlite_stat1_table: the number of rows, then
 * how many share the first column of the index, the first two, and so on. Fixed figures keep plans the same whatever is
 * stored; above all a user or session is to be preferred to a namespace, which may hold nearly everything.
 */
const STATISTICS = `
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('records', 'records_by_id', '1000000 100000 1'),
  ('records', 'records_by_duplicate_key', '1000000 100000 1'),
  ('records', 'records_of_tenant', '1000000 100000 1 1 1 1'),
  ('records', 'records_of_user', '1000000 100000 200 1 1 1 1'),
  ('records', 'records_by_time', '1000000 100000 10 1'),
  ('records', 'records_of_user_by_time', '1000000 100000 200 2 1'),
  ('records', 'records_of_namespace', '1000000 100000 10000 10 1'),
  ('records', 'records_of_agent', '1000000 100000 10000 10 1'),
  ('records', 'records_of_session', '1000000 100000 50 2 1'),
  ('records', 'records_by_expiry', '10000 1000 2'),
  ('versions', 'sqlite_autoindex_versions_1', '2000000 200000 2 1'),
  ('versions', 'versions_by_time', '2000000 200000 20 2'),
  ('versions', 'versions_of_user_by_time', '2000000 200000 400 4 2');
`;

const SESSIONS = `
CREATE TABLE sessions (
  session INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL REFERENCES tenants,
  key TEXT NOT NULL UNIQUE,
  namespace TEXT,
  user_id TEXT,
  session_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  expires_at TEXT,
  state TEXT NOT NULL         -- JSON of everything but the messages
) STRICT;
CREATE INDEX sessions_by_id ON sessions (tenant, session_id);
-- The last columns let sessions be counted from the index alone.
CREATE INDEX sessions_by_time ON sessions (tenant, updated_at DESC, key, namespace, user_id, expires_at);
CREATE INDEX sessions_of_user_by_time ON sessions (tenant, user_id, updated_at DESC, key, namespace, expires_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE messages (
  session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_by_id ON messages (session, id);
CREATE INDEX messages_by_time ON messages (session, created_at);
`;

const POSITIONS = `
-- How far the feeds of other stores were taken into this one.
CREATE TABLE positions (
  tenant INTEGER NOT NULL REFERENCES tenants,
  source TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (tenant, source)
) STRICT, WITHOUT ROWID;
`;

/** What was kept as words before is analysed anew in the background: no analyser has the empty name. */
const FEATURES = `
CREATE TABLE packed_entries (
  row INTEGER PRIMARY KEY REFERENCES records ON DELETE CASCADE,
  embedder TEXT NOT NULL,
  analyzer TEXT NOT NULL,
  features BLOB NOT NULL,
  vector BLOB                 -- 32-bit floats, little-endian
) STRICT;
INSERT INTO packed_entries SELECT row, embedder, '', x'', vector FROM entries;
DROP TABLE entries;
ALTER TABLE packed_entries RENAME TO entries;
CREATE INDEX entries_by_maker ON entries (embedder, analyzer);
CREATE INDEX entries_without_vector ON entries (row) WHERE vector IS NULL;
`;

const JOBS = `
CREATE TABLE jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  tenant TEXT NOT NULL,
  key TEXT,
  payload TEXT NOT NULL,      -- JSON
  priority INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  run_at TEXT NOT NULL,
  lease TEXT,                 -- who has it; NULL when nobody works on it
  leased_until TEXT,
  dead INTEGER NOT NULL,      -- whether it failed for good
  failure TEXT                -- JSON of how the last attempt failed
) STRICT;
CREATE UNIQUE INDEX jobs_by_key ON jobs (kind, tenant, key) WHERE key IS NOT NULL AND dead = 0;
CREATE INDEX jobs_by_kind ON jobs (kind, dead, run_at);

-- The last tick of each schedule that a job was made for.
CREATE TABLE job_ticks (
  name TEXT PRIMARY KEY,
  tick TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Answers that are there count as given when the file is migrated. */
const ANSWERS = `
ALTER TABLE answers ADD COLUMN at TEXT NOT NULL DEFAULT '';
UPDATE answers SET at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now');
CREATE INDEX answers_by_time ON answers (tenant, at);
`;

const FORGETTING = `
-- The last change of the tenant that was taken out of the feed.
ALTER TABLE tenants ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
`;

export interface Migration {
  readonly title: string;
  readonly script: string;
}

/** In order; the first brings an empty file to schema version 1. Published ones are never changed. */
export const MIGRATIONS: readonly Migration[] = [
  { title: "records, their versions and the change feed", script: RECORDS },
  { title: "sessions and their messages", script: SESSIONS },
  { title: "fixed statistics for the query planner", script: STATISTICS },
  { title: "changes taken from other stores", script: POSITIONS },
  { title: "index entries as packed features", script: FEATURES },
  { title: "background jobs", script: JOBS },
  { title: "when idempotency keys were answered", script: ANSWERS },
  { title: "how far the change feed was forgotten", script: FORGETTING },
];

/**
 * Brings the schema up to date. The caller holds the write lock, so of several processes one migrates and the others
 * find it done.
 * @throws StoreError for a file of a newer schema or of another application.
 */
export function migrate(connection: Connection, migrations: readonly Migration[] = MIGRATIONS): void {
  const version = checkedVersion(connection, migrations.length);
  migrations.slice(version).forEach(({ script }, index) => {
    connection.exec(script);
    connection.exec(`PRAGMA user_version = ${version + index + 1}`);
  });
  if (version === 0) connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/**
 * The schema version of a file this package may use.
 * @throws StoreError for a file of a newer schema or of another application.
 */
export function checkedVersion(connection: Connection, newest: number = MIGRATIONS.length): number {
  // One statement sees one state of the file: another process may be making its tables right now.
  const seen = connection.get<{ version: number; owner: number; tables: number }>(
    `SELECT user_version AS version, application_id AS owner, (SELECT count(*) FROM sqlite_schema) AS tables
       FROM pragma_user_version, pragma_application_id`,
  );
  const { version, owner, tables } = seen ?? { version: 0, owner: 0, tables: 0 };
  if (owner !== APPLICATION_ID && (owner !== 0 || tables > 0))
    throw new StoreError("store_failed", "The file is an SQLite database of another application.", {
      details: { applicationId: owner },
    });
  if (version > newest)
    throw new StoreError(
      "store_failed",
      `The file has schema version ${version}, but this release knows only versions up to ${newest}. Use a newer release.`,
      { details: { schemaVersion: version, newestKnown: newest } },
    );
  return version;
}

/** The whole schema as one script for review, or for `sqlite3`: what opening an empty file runs. */
export function printMigrations(): string {
  const parts = MIGRATIONS.map(({ title, script }, index) => {
    const number = index + 1;
    return `-- ${number}: ${title}\nBEGIN IMMEDIATE;\n${script.trim()}\n\nPRAGMA user_version = ${number};\nCOMMIT;\n`;
  });
  return `PRAGMA journal_mode = WAL;\nPRAGMA application_id = ${APPLICATION_ID};\n\n${parts.join("\n")}`;
}
