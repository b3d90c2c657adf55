/** New records, which nothing stands against, by one statement however many there are. */
export const INSERTING = `-- Whether nothing is known of any of these ids, and nobody has one of these duplicate keys.
CREATE FUNCTION SCHEMA.all_new(p_tenant text, p_ids text[], p_keys text[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_ids text[] := ARRAY(SELECT SCHEMA.label_key(id) FROM unnest(p_ids) AS id);
  v_keys text[] := ARRAY(SELECT SCHEMA.label_key(key) FROM unnest(p_keys) AS key);
BEGIN
  RETURN NOT (EXISTS (SELECT 1 FROM SCHEMA.versions WHERE tenant = p_tenant AND id = ANY (v_ids))
    OR EXISTS (SELECT 1 FROM SCHEMA.aliases WHERE tenant = p_tenant AND id = ANY (v_ids))
    OR EXISTS (SELECT 1 FROM SCHEMA.erasures WHERE tenant = p_tenant AND id = ANY (v_ids))
    OR EXISTS (SELECT 1 FROM SCHEMA.records WHERE tenant = p_tenant AND duplicate_key = ANY (v_keys)));
END $$;

-- Writes new records, which nothing can stand against, by one statement however many there are.
CREATE FUNCTION SCHEMA.insert_records(INOUT p_tenant SCHEMA.tenants, p_now timestamptz, p_request uuid, p_writes json)
LANGUAGE plpgsql AS $$
DECLARE
  v_count integer;
BEGIN
  WITH given AS MATERIALIZED (
    SELECT w.place, SCHEMA.label_key(w.id) AS key, w.id, SCHEMA.label_key(w."duplicateKey") AS duplicate_key, w.change, w.note,
      w.record AS body, w.embedder, w.analyzer, decode(w.features, 'base64') AS features,
      decode(w.vector, 'base64') AS vector, r.*
    FROM ROWS FROM (json_to_recordset(p_writes) AS (id text, "duplicateKey" text, change text, note json, record json,
      embedder text, analyzer text, features text, vector text))
      WITH ORDINALITY AS w (id, "duplicateKey", change, note, record, embedder, analyzer, features, vector, place)
    CROSS JOIN LATERAL json_to_record(w.record) AS r (type text, namespace text, "userId" text, "agentId" text,
      "sessionId" text, pinned boolean, extracted boolean, importance double precision, "accessCount" bigint,
      "createdAt" timestamptz, "updatedAt" timestamptz, "lastAccessedAt" timestamptz, "persistedAt" timestamptz,
      "eventDate" timestamptz, "validFrom" timestamptz, "validTo" timestamptz, "expiresAt" timestamptz, topics text[],
      entities text[], metadata jsonb)
  ), written_entries AS (
    INSERT INTO SCHEMA.entries (tenant, "row", embedder, analyzer, features, vector)
    SELECT p_tenant.tenant, p_tenant.last_row + place, embedder, analyzer, features, vector FROM given
  ), written_versions AS (
    INSERT INTO SCHEMA.versions (tenant, id, version, change, present, at, user_id, created_at, expires_at, note, body)
    SELECT p_tenant.tenant, key, 1, change, true, p_now, SCHEMA.label_key("userId"), "createdAt", "expiresAt", note, body
    FROM given
  ), written_changes AS (
    INSERT INTO SCHEMA.changes (tenant, sequence, kind, change, id, version, at, namespace, user_id, agent_id, session_id,
      request)
    SELECT p_tenant.tenant, p_tenant.last_sequence + place, 'record', change, id, 1, p_now, namespace, "userId", "agentId",
      "sessionId", p_request
    FROM given
  )
  INSERT INTO SCHEMA.records (tenant, "row", id, version, duplicate_key, type, namespace, user_id, agent_id, session_id,
    pinned, extracted, importance, access_count, created_at, updated_at, last_accessed_at, persisted_at, event_date,
    valid_from, valid_to, expires_at, topics, entities, metadata)
  SELECT p_tenant.tenant, p_tenant.last_row + place, key, 1, duplicate_key, type, SCHEMA.label_key(namespace),
    SCHEMA.label_key("userId"), SCHEMA.label_key("agentId"), SCHEMA.label_key("sessionId"), pinned, extracted, importance,
    "accessCount", "createdAt", "updatedAt", "lastAccessedAt", "persistedAt", "eventDate", "validFrom", "validTo",
    "expiresAt", topics, entities, metadata
  FROM given;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  p_tenant.last_sequence := p_tenant.last_sequence + v_count;
  p_tenant.last_row := p_tenant.last_row + v_count;
END $$;

-- Gives how many there were.
CREATE FUNCTION SCHEMA.forget_answers(p_name text, p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_tenant text := SCHEMA.label_key(p_name);
  v_count integer;
BEGIN
  PERFORM set_config('memoir.tenant', v_tenant, true);
  DELETE FROM SCHEMA.answers WHERE tenant = v_tenant AND key IN (
    SELECT key FROM SCHEMA.answers WHERE tenant = v_tenant AND at <= p_before ORDER BY at LIMIT p_limit);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

`;
