/**
 * The calls that come most often, one record to read and one new record to write, by as few statements as can be: what is small
 * costs little but the beginning and end of statements. Plans are kept as they were made for empty tables, where every index of the
 * tenant looks as good as the right one: a range of one key, in its order, leaves no choice.
 */
export const SINGLE_RECORD = `-- Writes a record that should be new. Where anything is known of its id or its duplicate key, write_records has the say.
CREATE FUNCTION SCHEMA.write_new_record(
  p_name text, p_now timestamptz, p_request uuid, p_id text, p_duplicate_key text, p_change text, p_note json, p_record json,
  p_embedder text, p_analyzer text, p_features bytea, p_vector bytea
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_tenant text := SCHEMA.label_key(p_name);
  v_seen text := set_config('memoir.tenant', v_tenant, true);
  v_id text := SCHEMA.label_key(p_id);
  v_duplicate_key text := SCHEMA.label_key(p_duplicate_key);
  v_sequence bigint;
  v_row integer;
BEGIN
  -- As begin_write does, and counts at once.
  UPDATE SCHEMA.tenants SET last_sequence = last_sequence + 1, last_row = last_row + 1 WHERE tenant = v_tenant
  RETURNING last_sequence, last_row INTO v_sequence, v_row;
  IF FOUND THEN
    WITH given AS MATERIALIZED (
      SELECT * FROM json_to_record(p_record) AS (type text, namespace text, "userId" text, "agentId" text, "sessionId" text,
        pinned boolean, extracted boolean, importance double precision, "accessCount" bigint, "createdAt" timestamptz,
        "updatedAt" timestamptz, "lastAccessedAt" timestamptz, "persistedAt" timestamptz, "eventDate" timestamptz,
        "validFrom" timestamptz, "validTo" timestamptz, "expiresAt" timestamptz, topics text[], entities text[], metadata jsonb)
    ), new AS (
      INSERT INTO SCHEMA.versions (tenant, id, version, change, present, at, user_id, created_at, expires_at, note, body)
      SELECT v_tenant, v_id, 1, p_change, true, p_now, SCHEMA.label_key("userId"), "createdAt", "expiresAt", p_note, p_record
      FROM given
      WHERE NOT EXISTS (SELECT 1 FROM SCHEMA.versions WHERE tenant = v_tenant AND id = v_id)
        AND NOT EXISTS (SELECT 1 FROM SCHEMA.aliases WHERE tenant = v_tenant AND id = v_id)
        AND NOT EXISTS (SELECT 1 FROM SCHEMA.erasures WHERE tenant = v_tenant AND id = v_id)
        AND (v_duplicate_key IS NULL OR (SELECT r."row" FROM SCHEMA.records r WHERE r.tenant = v_tenant
          AND r.duplicate_key BETWEEN v_duplicate_key AND v_duplicate_key ORDER BY r.duplicate_key LIMIT 1) IS NULL)
      RETURNING 1
    ), written_entry AS (
      INSERT INTO SCHEMA.entries (tenant, "row", embedder, analyzer, features, vector)
      SELECT v_tenant, v_row, p_embedder, p_analyzer, p_features, p_vector FROM new
    ), written_change AS (
      INSERT INTO SCHEMA.changes (tenant, sequence, kind, change, id, version, at, namespace, user_id, agent_id, session_id,
        request)
      SELECT v_tenant, v_sequence, 'record', p_change, p_id, 1, p_now, namespace, "userId", "agentId", "sessionId", p_request
      FROM new, given
    )
    INSERT INTO SCHEMA.records (tenant, "row", id, version, duplicate_key, type, namespace, user_id, agent_id, session_id,
      pinned, extracted, importance, access_count, created_at, updated_at, last_accessed_at, persisted_at, event_date,
      valid_from, valid_to, expires_at, topics, entities, metadata)
    SELECT v_tenant, v_row, v_id, 1, v_duplicate_key, type, SCHEMA.label_key(namespace), SCHEMA.label_key("userId"),
      SCHEMA.label_key("agentId"), SCHEMA.label_key("sessionId"), pinned, extracted, importance, "accessCount", "createdAt",
      "updatedAt", "lastAccessedAt", "persistedAt", "eventDate", "validFrom", "validTo", "expiresAt", topics, entities, metadata
    FROM new, given;
    IF FOUND THEN
      RETURN '{"versions":[1],"sequence":' || v_sequence || '}';
    END IF;
    UPDATE SCHEMA.tenants SET last_sequence = last_sequence - 1, last_row = last_row - 1 WHERE tenant = v_tenant;
  END IF;
  RETURN SCHEMA.write_records(p_name, p_now, p_request, NULL, json_build_array(json_build_object('kind', 'put', 'id', p_id,
    'expectedVersion', 0, 'duplicateKey', p_duplicate_key, 'change', p_change, 'note', p_note, 'record', p_record,
    'embedder', p_embedder, 'analyzer', p_analyzer, 'features', encode(p_features, 'base64'),
    'vector', encode(p_vector, 'base64'))), ARRAY[p_id], array_remove(ARRAY[p_duplicate_key], NULL));
END $$;

-- The records that reading these ids gives, following aliases as they were at p_as_of, by default now.
CREATE OR REPLACE FUNCTION SCHEMA.read_records(p_name text, p_ids text[], p_now timestamptz, p_as_of timestamptz)
RETURNS TABLE (place bigint, body json, version integer, last_accessed_at text, access_count bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_tenant text := SCHEMA.label_key(p_name);
  v_seen text := set_config('memoir.tenant', v_tenant, true);
  v_only text := CASE WHEN cardinality(p_ids) = 1 AND p_as_of IS NULL THEN SCHEMA.label_key(p_ids[1]) END;
  v_keys text[];
  v_target text;
  v_visited text[];
BEGIN
  IF v_only IS NOT NULL THEN
    RETURN QUERY SELECT 1::bigint, v.body, v.version, SCHEMA.instant_key(r.last_accessed_at), r.access_count
      FROM (SELECT * FROM SCHEMA.records WHERE tenant = v_tenant AND id BETWEEN v_only AND v_only ORDER BY id LIMIT 1) AS r
      CROSS JOIN LATERAL (SELECT * FROM SCHEMA.versions
        WHERE tenant = v_tenant AND id = v_only AND version = r.version LIMIT 1) AS v
      WHERE (r.expires_at IS NULL OR r.expires_at > p_now)
        AND NOT EXISTS (SELECT 1 FROM SCHEMA.aliases WHERE tenant = v_tenant AND id = v_only);
    IF FOUND THEN
      RETURN;
    END IF;
  END IF;
  v_keys := ARRAY(SELECT SCHEMA.label_key(id) FROM unnest(p_ids) WITH ORDINALITY AS asked (id, place) ORDER BY place);
  IF EXISTS (SELECT 1 FROM SCHEMA.aliases WHERE tenant = v_tenant AND id = ANY (v_keys)) THEN
    FOR i IN 1 .. cardinality(v_keys) LOOP
      v_visited := '{}';
      LOOP
        SELECT target INTO v_target FROM SCHEMA.aliases
        WHERE tenant = v_tenant AND id = v_keys[i] AND (p_as_of IS NULL OR at <= p_as_of) ORDER BY number DESC LIMIT 1;
        EXIT WHEN NOT FOUND OR v_target IS NULL;
        v_visited := v_visited || v_keys[i];
        -- What leads in a circle leads nowhere.
        v_keys[i] := CASE WHEN v_target = ANY (v_visited) THEN NULL ELSE v_target END;
        EXIT WHEN v_keys[i] IS NULL;
      END LOOP;
    END LOOP;
  END IF;
  IF p_as_of IS NULL THEN
    RETURN QUERY SELECT asked.place, v.body, v.version, SCHEMA.instant_key(r.last_accessed_at), r.access_count
      FROM unnest(v_keys) WITH ORDINALITY AS asked (id, place)
      CROSS JOIN LATERAL (SELECT * FROM SCHEMA.records WHERE tenant = v_tenant AND id = asked.id LIMIT 1) AS r
      CROSS JOIN LATERAL (SELECT * FROM SCHEMA.versions
        WHERE tenant = v_tenant AND id = r.id AND version = r.version LIMIT 1) AS v
      WHERE r.expires_at IS NULL OR r.expires_at > p_now;
  ELSE
    RETURN QUERY SELECT asked.place, v.body, v.version, NULL::text, NULL::bigint
      FROM unnest(v_keys) WITH ORDINALITY AS asked (id, place)
      CROSS JOIN LATERAL (SELECT * FROM SCHEMA.versions
        WHERE tenant = v_tenant AND id = asked.id AND at <= p_as_of ORDER BY version DESC LIMIT 1) AS v
      WHERE v.present AND (v.expires_at IS NULL OR v.expires_at > p_now);
  END IF;
END $$;
`;
