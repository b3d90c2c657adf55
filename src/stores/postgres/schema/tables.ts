/** Long-term memory. `tenant` and all labels are the `label_key` of what they stand for; the JSON has the labels themselves. */
export const RECORDS = `
-- A label as it is compared and indexed: itself, or for a very long one, which no index could hold, its start and a hash.
-- The second is always longer than the first, so no two labels share a key.
CREATE FUNCTION SCHEMA.label_key(label text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(label) <= 255 THEN label
    ELSE left(label, 192) || encode(sha256(convert_to(label, 'UTF8')), 'hex') END
$$;

-- An instant as fixed-width text in UTC, whatever the time zone of the session is.
CREATE FUNCTION SCHEMA.instant_key(instant timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Every write of a tenant locks its row here first. So the numbers of its changes become visible in their order, and a
-- reader of the feed misses nothing.
CREATE TABLE SCHEMA.tenants (
  tenant text COLLATE "C" PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  last_sequence bigint NOT NULL DEFAULT 0,
  last_row integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE SCHEMA.changes (
  tenant text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  kind text NOT NULL,
  change text NOT NULL,
  id text NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL,
  namespace text,
  user_id text,
  agent_id text,
  session_id text,
  request uuid,               -- of the write that made it, to find out whether a write without an answer took place
  PRIMARY KEY (tenant, sequence)
);

-- Every version of every record; the present records point at their last one.
CREATE TABLE SCHEMA.versions (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  change text NOT NULL,
  present boolean NOT NULL,   -- whether the record was there after the change
  at timestamptz NOT NULL,
  user_id text COLLATE "C",
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  note json,
  body json,                  -- the record; NULL where it went, and is as it was before
  last_accessed_at timestamptz, -- as counted until it went
  access_count bigint,
  PRIMARY KEY (tenant, id, version)
);
CREATE INDEX versions_by_time ON SCHEMA.versions (tenant, created_at, id) WHERE present;
CREATE INDEX versions_of_user_by_time ON SCHEMA.versions (tenant, user_id, created_at, id) WHERE present;

-- The present records, in the columns they are found and sorted by.
CREATE TABLE SCHEMA.records (
  tenant text COLLATE "C" NOT NULL,
  "row" integer NOT NULL,
  id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  duplicate_key text COLLATE "C",
  type text COLLATE "C" NOT NULL,
  namespace text COLLATE "C",
  user_id text COLLATE "C",
  agent_id text COLLATE "C",
  session_id text COLLATE "C",
  pinned boolean NOT NULL,
  extracted boolean NOT NULL,
  importance double precision NOT NULL,
  access_count bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  last_accessed_at timestamptz NOT NULL,
  persisted_at timestamptz,
  event_date timestamptz,
  valid_from timestamptz,
  valid_to timestamptz,
  expires_at timestamptz,
  topics text[] COLLATE "C" NOT NULL,
  entities text[] COLLATE "C" NOT NULL,
  metadata jsonb NOT NULL,
  PRIMARY KEY (tenant, "row")
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX records_by_id ON SCHEMA.records (tenant, id);
CREATE UNIQUE INDEX records_by_duplicate_key ON SCHEMA.records (tenant, duplicate_key) WHERE duplicate_key IS NOT NULL;
-- The last columns let recall's usual conditions be answered from the index alone.
CREATE INDEX records_of_user ON SCHEMA.records (tenant, user_id, "row") INCLUDE (expires_at, valid_from, valid_to);
CREATE INDEX records_by_time ON SCHEMA.records (tenant, created_at, id);
CREATE INDEX records_of_user_by_time ON SCHEMA.records (tenant, user_id, created_at, id);
CREATE INDEX records_of_namespace ON SCHEMA.records (tenant, namespace, created_at, id) WHERE namespace IS NOT NULL;
CREATE INDEX records_of_agent ON SCHEMA.records (tenant, agent_id, created_at, id) WHERE agent_id IS NOT NULL;
CREATE INDEX records_of_session ON SCHEMA.records (tenant, session_id, created_at, id) WHERE session_id IS NOT NULL;
CREATE INDEX records_by_expiry ON SCHEMA.records (tenant, expires_at) WHERE expires_at IS NOT NULL;

-- What recall reads of a record besides the record, beside it so that lists stay cheap.
CREATE TABLE SCHEMA.entries (
  tenant text COLLATE "C" NOT NULL,
  "row" integer NOT NULL,
  embedder text COLLATE "C" NOT NULL,
  analyzer text COLLATE "C" NOT NULL,
  features bytea NOT NULL,
  vector bytea,               -- 32-bit floats, little-endian
  PRIMARY KEY (tenant, "row")
);
ALTER TABLE SCHEMA.entries ALTER COLUMN vector SET STORAGE EXTERNAL;
CREATE INDEX entries_by_maker ON SCHEMA.entries (tenant, embedder, analyzer);
CREATE INDEX entries_without_vector ON SCHEMA.entries (tenant, "row") WHERE vector IS NULL;

-- Where an id leads from an instant on; a NULL target ends an alias.
CREATE TABLE SCHEMA.aliases (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  target text COLLATE "C",
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id, number)
);
CREATE INDEX aliases_by_target ON SCHEMA.aliases (tenant, target) WHERE target IS NOT NULL;

-- The last version of ids whose history was erased: version numbers never come again.
CREATE TABLE SCHEMA.erasures (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (tenant, id)
);

-- What each idempotency key was answered with.
CREATE TABLE SCHEMA.answers (
  tenant text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  result json NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, key)
);
CREATE INDEX answers_by_time ON SCHEMA.answers (tenant, at);

-- How far the feeds of other stores were taken into this one.
CREATE TABLE SCHEMA.positions (
  tenant text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (tenant, source)
);
`;

export const SESSIONS = `
CREATE TABLE SCHEMA.sessions (
  tenant text COLLATE "C" NOT NULL,
  session bigint GENERATED ALWAYS AS IDENTITY,
  key text COLLATE "C" NOT NULL,
  namespace text COLLATE "C",
  user_id text COLLATE "C",
  session_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  message_count integer NOT NULL,
  last_position bigint NOT NULL,
  created_at text NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz,
  state json NOT NULL,        -- everything but the messages
  PRIMARY KEY (tenant, session)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX sessions_by_key ON SCHEMA.sessions (tenant, key);
CREATE INDEX sessions_by_id ON SCHEMA.sessions (tenant, session_id);
CREATE INDEX sessions_by_time ON SCHEMA.sessions (tenant, updated_at DESC, key);
CREATE INDEX sessions_of_user_by_time ON SCHEMA.sessions (tenant, user_id, updated_at DESC, key);
CREATE INDEX sessions_by_expiry ON SCHEMA.sessions (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE SCHEMA.messages (
  tenant text COLLATE "C" NOT NULL,
  session bigint NOT NULL,
  position bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  persisted_at text,          -- this and the next change after the message was appended; the body does not
  extracted boolean NOT NULL,
  body json NOT NULL,
  PRIMARY KEY (tenant, session, position)
);
CREATE UNIQUE INDEX messages_by_id ON SCHEMA.messages (tenant, session, id);
CREATE INDEX messages_by_time ON SCHEMA.messages (tenant, session, created_at, position);
`;

/** Tables with rows of tenants, which nobody sees or writes without having said for which tenant. */
const OF_TENANTS = [
  "changes",
  "versions",
  "records",
  "entries",
  "aliases",
  "erasures",
  "answers",
  "positions",
  "sessions",
  "messages",
];

export const ISOLATION = `
-- A transaction sees and writes the rows of the tenant it has named; of every tenant only where it has said so, which
-- nothing but the removal of expired sessions and the check of the data does.
${OF_TENANTS.map(
  (table) => `ALTER TABLE SCHEMA.${table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE SCHEMA.${table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON SCHEMA.${table} USING (tenant = current_setting('memoir.tenant', true)
  OR current_setting('memoir.every_tenant', true) = 'yes');`,
).join("\n")}
`;
