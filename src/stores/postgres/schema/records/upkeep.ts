/** What changes no version: accesses, index entries, and the feeds of other stores. */
export const UPKEEP = `-- Counts accesses: an id that comes several times counts as often.
CREATE FUNCTION SCHEMA.touch_records(p_name text, p_ids text[], p_now timestamptz) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_tenant SCHEMA.tenants := SCHEMA.begin_write(p_name);
BEGIN
  UPDATE SCHEMA.records r SET last_accessed_at = p_now, access_count = r.access_count + touched.times
  FROM (SELECT SCHEMA.label_key(id) AS id, count(*) AS times FROM unnest(p_ids) AS id GROUP BY 1) AS touched
  WHERE r.tenant = v_tenant.tenant AND r.id = touched.id AND (r.expires_at IS NULL OR r.expires_at > p_now);
END $$;

-- Replaces index entries of records that still have the version they were made from.
CREATE FUNCTION SCHEMA.reindex_records(p_name text, p_entries json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_tenant SCHEMA.tenants := SCHEMA.begin_write(p_name);
BEGIN
  UPDATE SCHEMA.entries e SET embedder = made.embedder, analyzer = made.analyzer, features = decode(made.features, 'base64'),
    vector = decode(made.vector, 'base64')
  FROM json_to_recordset(p_entries) AS made (id text, version integer, embedder text, analyzer text, features text, vector text)
    JOIN SCHEMA.records r ON r.id = SCHEMA.label_key(made.id) AND r.version = made.version
  WHERE r.tenant = v_tenant.tenant AND e.tenant = v_tenant.tenant AND e."row" = r."row";
END $$;

-- Tells changes of another store too; gives how far its feed was taken.
CREATE FUNCTION SCHEMA.take_changes(p_name text, p_source text, p_after bigint, p_changes json) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_tenant SCHEMA.tenants;
  v_key text := SCHEMA.label_key(p_name);
  v_source text := SCHEMA.label_key(p_source);
  v_position bigint;
  v_count integer := json_array_length(p_changes);
BEGIN
  PERFORM set_config('memoir.tenant', v_key, true);
  IF v_count > 0 THEN
    v_tenant := SCHEMA.begin_write(p_name);
  END IF;
  SELECT position INTO v_position FROM SCHEMA.positions WHERE tenant = v_key AND source = v_source;
  v_position := coalesce(v_position, 0);
  IF v_count = 0 OR v_position <> p_after THEN
    RETURN v_position;
  END IF;
  INSERT INTO SCHEMA.changes (tenant, sequence, kind, change, id, version, at, namespace, user_id, agent_id, session_id)
  SELECT v_key, v_tenant.last_sequence + place, taken.value ->> 'kind', taken.value ->> 'change', taken.value ->> 'id',
    (taken.value ->> 'version')::integer, (taken.value ->> 'at')::timestamptz, taken.value ->> 'namespace',
    taken.value ->> 'userId', taken.value ->> 'agentId', taken.value ->> 'sessionId'
  FROM json_array_elements(p_changes) WITH ORDINALITY AS taken (value, place);
  v_tenant.last_sequence := v_tenant.last_sequence + v_count;
  v_position := (p_changes -> -1 ->> 'sequence')::bigint;
  INSERT INTO SCHEMA.positions (tenant, source, position) VALUES (v_key, v_source, v_position)
  ON CONFLICT (tenant, source) DO UPDATE SET position = excluded.position;
  UPDATE SCHEMA.tenants SET last_sequence = v_tenant.last_sequence, last_row = v_tenant.last_row
  WHERE tenant = v_tenant.tenant;
  RETURN v_position;
END $$;

`;
