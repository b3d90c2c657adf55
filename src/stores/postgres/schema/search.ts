/** Goes up whenever the script changes: a release brings up to date what an older one made. */
export const SEARCH_VERSION = 1;

/**
 * Searching inside the database: what pgvector and the full-text search of PostgreSQL find by. Made when it is first asked for,
 * because it needs the extension; every part is made only where it is missing, so it may run again.
 *
 * The table of words is under no row-level security: its operators are none that may look at rows before the policy has, so no
 * index could be used. It holds hashes that differ from tenant to tenant, and is read only together with the records.
 */
export const SEARCH = `
CREATE EXTENSION IF NOT EXISTS vector;

-- The tenants that are searched here: their entries are taken in as they are written, and the older ones up to after_row.
CREATE TABLE IF NOT EXISTS SCHEMA.searched (
  tenant text COLLATE "C" PRIMARY KEY,
  after_row integer NOT NULL DEFAULT 0,
  filled boolean NOT NULL DEFAULT false
);

CREATE TABLE IF NOT EXISTS SCHEMA.meanings (
  tenant text COLLATE "C" NOT NULL,
  "row" integer NOT NULL,
  embedder text COLLATE "C" NOT NULL,
  dimensions integer NOT NULL,
  vector halfvec NOT NULL,
  PRIMARY KEY (tenant, "row")
);
ALTER TABLE SCHEMA.meanings ALTER COLUMN vector SET STORAGE MAIN;
ALTER TABLE SCHEMA.meanings ENABLE ROW LEVEL SECURITY;
ALTER TABLE SCHEMA.meanings FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_tenant ON SCHEMA.meanings;
CREATE POLICY own_tenant ON SCHEMA.meanings USING (tenant = current_setting('memoir.tenant', true)
  OR current_setting('memoir.every_tenant', true) = 'yes');

CREATE TABLE IF NOT EXISTS SCHEMA.words (
  tenant text COLLATE "C" NOT NULL,
  "row" integer NOT NULL,
  analyzer text COLLATE "C" NOT NULL,
  length integer NOT NULL,
  words tsvector NOT NULL,
  PRIMARY KEY (tenant, "row")
);
CREATE INDEX IF NOT EXISTS words_where ON SCHEMA.words USING gin (words);

-- A vector of 32-bit floats, little-endian, in half precision; NULL for the zero vector, which is near to nothing, and for
-- more numbers than can be indexed. Of a float the upper two bytes are as exact as half precision asks for.
CREATE OR REPLACE FUNCTION SCHEMA.half_of(p_vector bytea) RETURNS halfvec LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  v_half halfvec;
BEGIN
  IF octet_length(p_vector) BETWEEN 4 AND 16000 THEN
    v_half := ARRAY(
      SELECT ((1 - 2 * (high >> 7)) * power(2::float8, least(((high & 127) << 1) | (low >> 7), 140) - 127)
        * (1 + (low & 127) / 128.0::float8))::real
      FROM (SELECT get_byte(p_vector, 4 * at + 3) AS high, get_byte(p_vector, 4 * at + 2) AS low
        FROM generate_series(0, octet_length(p_vector) / 4 - 1) AS at OFFSET 0) AS bytes)::halfvec;
  END IF;
  RETURN CASE WHEN l2_norm(v_half) > 0 THEN v_half END;
END $$;

-- How many words packed features have; 0 for what is not packed as this release does it.
CREATE OR REPLACE FUNCTION SCHEMA.word_count(p_features bytea) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(p_features) < 40 THEN 0 WHEN octet_length(p_features) < 40 + 8 * count THEN 0 ELSE count END
  FROM (SELECT CASE WHEN octet_length(p_features) < 40 OR get_byte(p_features, 31) > 0 THEN 0
    ELSE get_byte(p_features, 28) | (get_byte(p_features, 29) << 8) | (get_byte(p_features, 30) << 16) END AS count) AS packed
$$;

-- What a tenant's words end with, so that no two tenants share one.
CREATE OR REPLACE FUNCTION SCHEMA.word_end(p_tenant text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT left(md5(p_tenant), 8)
$$;

CREATE OR REPLACE FUNCTION SCHEMA.words_of(p_tenant text, p_features bytea) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(ARRAY(SELECT encode(substr(p_features, 41 + 8 * at, 6), 'base64') || ending
    FROM generate_series(0, SCHEMA.word_count(p_features) - 1) AS at)) FROM SCHEMA.word_end(p_tenant) AS ending
$$;

-- Follows the entries of tenants that are searched, in the transaction that writes them.
CREATE OR REPLACE FUNCTION SCHEMA.follow_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_half halfvec;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
      RETURN NULL;
    END IF;
    DELETE FROM SCHEMA.meanings WHERE tenant = OLD.tenant AND "row" = OLD."row";
    DELETE FROM SCHEMA.words WHERE tenant = OLD.tenant AND "row" = OLD."row";
  END IF;
  IF TG_OP <> 'DELETE' AND EXISTS (SELECT 1 FROM SCHEMA.searched WHERE tenant = NEW.tenant) THEN
    v_half := SCHEMA.half_of(NEW.vector);
    IF v_half IS NOT NULL THEN
      INSERT INTO SCHEMA.meanings (tenant, "row", embedder, dimensions, vector)
      VALUES (NEW.tenant, NEW."row", NEW.embedder, vector_dims(v_half), v_half);
    END IF;
    INSERT INTO SCHEMA.words (tenant, "row", analyzer, length, words)
    VALUES (NEW.tenant, NEW."row", NEW.analyzer, SCHEMA.word_count(NEW.features), SCHEMA.words_of(NEW.tenant, NEW.features));
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER follow_entry AFTER INSERT OR UPDATE OR DELETE ON SCHEMA.entries
FOR EACH ROW EXECUTE FUNCTION SCHEMA.follow_entry();

-- Takes in the next p_limit older entries of a tenant; gives whether all are in.
CREATE OR REPLACE FUNCTION SCHEMA.fill_search(p_name text, p_limit integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_tenant SCHEMA.tenants := SCHEMA.begin_write(p_name);
  v_searched SCHEMA.searched;
  v_end integer;
BEGIN
  INSERT INTO SCHEMA.searched (tenant) VALUES (v_tenant.tenant) ON CONFLICT DO NOTHING;
  SELECT * INTO v_searched FROM SCHEMA.searched WHERE tenant = v_tenant.tenant;
  IF v_searched.filled THEN
    RETURN true;
  END IF;
  SELECT max("row") INTO v_end FROM (SELECT "row" FROM SCHEMA.entries
    WHERE tenant = v_tenant.tenant AND "row" > v_searched.after_row ORDER BY "row" LIMIT p_limit) AS page;
  INSERT INTO SCHEMA.meanings (tenant, "row", embedder, dimensions, vector)
  SELECT tenant, "row", embedder, vector_dims(half), half FROM (
    SELECT e.tenant, e."row", e.embedder, SCHEMA.half_of(e.vector) AS half FROM SCHEMA.entries e
    WHERE e.tenant = v_tenant.tenant AND e."row" > v_searched.after_row AND e."row" <= v_end OFFSET 0) AS made
  WHERE half IS NOT NULL ON CONFLICT DO NOTHING;
  INSERT INTO SCHEMA.words (tenant, "row", analyzer, length, words)
  SELECT e.tenant, e."row", e.analyzer, SCHEMA.word_count(e.features), SCHEMA.words_of(e.tenant, e.features)
  FROM SCHEMA.entries e
  WHERE e.tenant = v_tenant.tenant AND e."row" > v_searched.after_row AND e."row" <= v_end ON CONFLICT DO NOTHING;
  UPDATE SCHEMA.searched SET after_row = coalesce(v_end, after_row), filled = v_end IS NULL WHERE tenant = v_tenant.tenant;
  RETURN v_end IS NULL;
END $$;

COMMENT ON TABLE SCHEMA.meanings IS 'search ${SEARCH_VERSION}';
`;
