/** Goes up whenever the script changes: a release brings up to date what an older one made. */
export const SEARCH_VERSION = 2;

/*
 * What is made of bytes is written out in each statement: a function would start a query of its own for every row. Where a row
 * comes from a table, a copy of the bytes goes first, because every look at packed ones would unpack all of them.
 */

/** A vector of 32-bit floats, little-endian, in half precision. Of a float the upper two bytes are as exact as that asks for. */
const halfOf = (vector: string) => `ARRAY(
      SELECT ((1 - 2 * (high >> 7)) * power(2::float8, least(((high & 127) << 1) | (low >> 7), 140) - 134) * (128 | (low & 127)))::real
      FROM (SELECT get_byte(${vector}, at) AS high, get_byte(${vector}, at - 1) AS low
        FROM generate_series(3, octet_length(${vector}) - 1, 4) AS at OFFSET 0) AS bytes)::halfvec`;

/** Vectors of more numbers cannot be indexed. */
const INDEXABLE = "octet_length(vector) BETWEEN 4 AND 16000";

/** Of each word of packed features the lower half of its hash, mixed with what is the tenant's own. */
const termsOf = (features: string, count: string, mix: string) => `ARRAY(
      SELECT ${mix} # (get_byte(${features}, at) | (get_byte(${features}, at + 1) << 8)
        | (get_byte(${features}, at + 2) << 16) | (get_byte(${features}, at + 3) << 24))
      FROM generate_series(40, 32 + 8 * ${count}, 8) AS at)`;

/**
 * Searching inside the database: what pgvector and the full-text search of PostgreSQL find by. Made when it is first asked for,
 * because it needs the extension; every part is made only where it is missing, so it may run again.
 *
 * The table of terms is under no row-level security: its operators are none that may look at rows before the policy has, so no
 * index could be used. It holds hashes that differ from tenant to tenant, and is read only together with the records.
 */
export const SEARCH = `
CREATE EXTENSION IF NOT EXISTS vector;

-- What version 1 had instead.
DROP TABLE IF EXISTS SCHEMA.words, SCHEMA.searched;
DROP FUNCTION IF EXISTS SCHEMA.words_of(text, bytea), SCHEMA.word_end(text), SCHEMA.half_of(bytea);

-- The tenants that are searched here: their entries are taken in as they are written, and the older ones up to after_row.
CREATE TABLE IF NOT EXISTS SCHEMA.taken_in (
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

-- The words of each record, hashed, as often as they stand in it.
CREATE TABLE IF NOT EXISTS SCHEMA.terms (
  tenant text COLLATE "C" NOT NULL,
  "row" integer NOT NULL,
  length integer NOT NULL,
  terms integer[] NOT NULL,
  PRIMARY KEY (tenant, "row")
);
CREATE INDEX IF NOT EXISTS terms_where ON SCHEMA.terms USING gin (terms);

-- With records_by_expiry they tell when, without a write, the next record begins or ceases to be valid.
CREATE INDEX IF NOT EXISTS records_by_valid_from ON SCHEMA.records (tenant, valid_from) WHERE valid_from IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_by_valid_to ON SCHEMA.records (tenant, valid_to) WHERE valid_to IS NOT NULL;

-- How many words packed features have; 0 for what is not packed as this release does it.
CREATE OR REPLACE FUNCTION SCHEMA.word_count(p_features bytea) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(p_features) < 40 THEN 0 WHEN octet_length(p_features) < 40 + 8 * count THEN 0 ELSE count END
  FROM (SELECT CASE WHEN octet_length(p_features) < 40 OR get_byte(p_features, 31) > 0 THEN 0
    ELSE get_byte(p_features, 28) | (get_byte(p_features, 29) << 8) | (get_byte(p_features, 30) << 16) END AS count) AS packed
$$;

-- What a tenant's terms are mixed with, so that those of two tenants are not the same.
CREATE OR REPLACE FUNCTION SCHEMA.own_mix(p_tenant text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ('x' || left(md5(p_tenant), 8))::bit(32)::integer
$$;

-- Follows the entries of tenants that are searched, in the transaction that writes them.
CREATE OR REPLACE FUNCTION SCHEMA.follow_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_vector bytea;
  v_features bytea;
  v_half halfvec;
  v_count integer;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
      RETURN NULL;
    END IF;
    DELETE FROM SCHEMA.meanings WHERE tenant = OLD.tenant AND "row" = OLD."row";
    DELETE FROM SCHEMA.terms WHERE tenant = OLD.tenant AND "row" = OLD."row";
  END IF;
  IF TG_OP <> 'DELETE' AND EXISTS (SELECT 1 FROM SCHEMA.taken_in WHERE tenant = NEW.tenant) THEN
    v_vector := NEW.vector || ''::bytea;
    IF ${INDEXABLE.replace("vector", "v_vector")} THEN
      v_half := ${halfOf("v_vector")};
      -- The zero vector is near to nothing.
      IF l2_norm(v_half) > 0 THEN
        INSERT INTO SCHEMA.meanings (tenant, "row", embedder, dimensions, vector)
        VALUES (NEW.tenant, NEW."row", NEW.embedder, vector_dims(v_half), v_half);
      END IF;
    END IF;
    v_features := NEW.features || ''::bytea;
    v_count := SCHEMA.word_count(v_features);
    INSERT INTO SCHEMA.terms (tenant, "row", length, terms)
    VALUES (NEW.tenant, NEW."row", v_count, ${termsOf("v_features", "v_count", "SCHEMA.own_mix(NEW.tenant)")});
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER follow_entry AFTER INSERT OR UPDATE OR DELETE ON SCHEMA.entries
FOR EACH ROW EXECUTE FUNCTION SCHEMA.follow_entry();

-- Takes in the next p_limit older entries of a tenant; gives whether all are in.
CREATE OR REPLACE FUNCTION SCHEMA.fill_search(p_name text, p_limit integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_tenant SCHEMA.tenants := SCHEMA.begin_write(p_name);
  v_mix integer := SCHEMA.own_mix(v_tenant.tenant);
  v_searched SCHEMA.taken_in;
  v_end integer;
BEGIN
  INSERT INTO SCHEMA.taken_in (tenant) VALUES (v_tenant.tenant) ON CONFLICT DO NOTHING;
  SELECT * INTO v_searched FROM SCHEMA.taken_in WHERE tenant = v_tenant.tenant;
  IF v_searched.filled THEN
    RETURN true;
  END IF;
  SELECT max("row") INTO v_end FROM (SELECT "row" FROM SCHEMA.entries
    WHERE tenant = v_tenant.tenant AND "row" > v_searched.after_row ORDER BY "row" LIMIT p_limit) AS page;
  INSERT INTO SCHEMA.meanings (tenant, "row", embedder, dimensions, vector)
  SELECT tenant, "row", embedder, vector_dims(half), half FROM (
    SELECT tenant, "row", embedder, ${halfOf("bytes")} AS half FROM (
      SELECT tenant, "row", embedder, vector || ''::bytea AS bytes FROM SCHEMA.entries
      WHERE tenant = v_tenant.tenant AND "row" > v_searched.after_row AND "row" <= v_end AND ${INDEXABLE} OFFSET 0) AS e
    OFFSET 0) AS made
  WHERE l2_norm(half) > 0 ON CONFLICT DO NOTHING;
  INSERT INTO SCHEMA.terms (tenant, "row", length, terms)
  SELECT tenant, "row", count, ${termsOf("bytes", "count", "v_mix")} FROM (
    SELECT *, SCHEMA.word_count(bytes) AS count FROM (
      SELECT tenant, "row", features || ''::bytea AS bytes FROM SCHEMA.entries
      WHERE tenant = v_tenant.tenant AND "row" > v_searched.after_row AND "row" <= v_end OFFSET 0) AS e OFFSET 0) AS made
  ON CONFLICT DO NOTHING;
  UPDATE SCHEMA.taken_in SET after_row = coalesce(v_end, after_row), filled = v_end IS NULL WHERE tenant = v_tenant.tenant;
  RETURN v_end IS NULL;
END $$;

COMMENT ON TABLE SCHEMA.meanings IS 'search ${SEARCH_VERSION}';
`;
