/** Writing records: each function is one transaction's work, so that a write costs one flight whatever it has to look up. */
export const RECORD_FUNCTIONS = `
-- Functions keep the plans of their statements, for any parameters, as they were made when tables may have been empty. So none
-- may read a whole table, and what is asked for one by one is looked up one by one.
-- Begins work for a tenant: from here on its rows are visible, and no other write of it takes place.
CREATE FUNCTION SCHEMA.begin_write(p_name text) RETURNS SCHEMA.tenants LANGUAGE plpgsql AS $$
DECLARE
  v_tenant SCHEMA.tenants;
  v_key text := SCHEMA.label_key(p_name);
BEGIN
  PERFORM set_config('memoir.tenant', v_key, true);
  SELECT * INTO v_tenant FROM SCHEMA.tenants WHERE tenant = v_key FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO SCHEMA.tenants (tenant, name) VALUES (v_key, p_name) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT v_tenant FROM SCHEMA.tenants WHERE tenant = v_key FOR UPDATE;
  END IF;
  RETURN v_tenant;
END $$;

-- Undoes the transaction; the detail tells the caller what there is instead.
CREATE FUNCTION SCHEMA.refuse(p_code text, p_detail json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'MM001', MESSAGE = p_code, DETAIL = p_detail::text;
END $$;

-- The last version an id ever had, erased ones included; 0 for a new id.
CREATE FUNCTION SCHEMA.last_version(p_tenant text, p_id text) RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_version integer;
BEGIN
  SELECT version INTO v_version FROM SCHEMA.versions WHERE tenant = p_tenant AND id = p_id ORDER BY version DESC LIMIT 1;
  IF NOT FOUND THEN
    SELECT version INTO v_version FROM SCHEMA.erasures WHERE tenant = p_tenant AND id = p_id;
  END IF;
  RETURN coalesce(v_version, 0);
END $$;

CREATE FUNCTION SCHEMA.set_alias(p_tenant text, p_id text, p_target text, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_target text;
BEGIN
  SELECT target INTO v_target FROM SCHEMA.aliases WHERE tenant = p_tenant AND id = p_id ORDER BY number DESC LIMIT 1;
  IF v_target IS DISTINCT FROM p_target THEN
    INSERT INTO SCHEMA.aliases (tenant, id, target, at) VALUES (p_tenant, p_id, p_target, p_now);
  END IF;
END $$;

CREATE FUNCTION SCHEMA.drop_row(p_tenant text, p_row integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM SCHEMA.records WHERE tenant = p_tenant AND "row" = p_row;
  DELETE FROM SCHEMA.entries WHERE tenant = p_tenant AND "row" = p_row;
END $$;

-- Takes a present record away, leaving its history, in which the record stays as it was and says how often it was read.
CREATE FUNCTION SCHEMA.remove_record(
  INOUT p_tenant SCHEMA.tenants, p_record SCHEMA.records, p_change text, p_note json, p_now timestamptz, p_request uuid
) LANGUAGE plpgsql AS $$
DECLARE
  v_body json;
BEGIN
  SELECT body INTO STRICT v_body FROM SCHEMA.versions
  WHERE tenant = p_tenant.tenant AND id = p_record.id AND version = p_record.version;
  PERFORM SCHEMA.drop_row(p_tenant.tenant, p_record."row");
  INSERT INTO SCHEMA.versions (tenant, id, version, change, present, at, user_id, created_at, expires_at, note,
    last_accessed_at, access_count)
  VALUES (p_tenant.tenant, p_record.id, p_record.version + 1, p_change, false, p_now, p_record.user_id, p_record.created_at,
    p_record.expires_at, p_note, p_record.last_accessed_at, p_record.access_count);
  p_tenant.last_sequence := p_tenant.last_sequence + 1;
  INSERT INTO SCHEMA.changes (tenant, sequence, kind, change, id, version, at, namespace, user_id, agent_id, session_id, request)
  VALUES (p_tenant.tenant, p_tenant.last_sequence, 'record', p_change, v_body ->> 'id', p_record.version + 1, p_now,
    v_body ->> 'namespace', v_body ->> 'userId', v_body ->> 'agentId', v_body ->> 'sessionId', p_request);
END $$;

-- Whether nothing is known of any of these ids, and nobody has one of these duplicate keys.
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

-- A batch of writes in order, all or nothing. Gives the versions and the sequence of the last change. When all of them are
-- records that should be new, p_new has their ids and p_keys their duplicate keys.
CREATE FUNCTION SCHEMA.write_records(
  p_name text, p_now timestamptz, p_request uuid, p_answer json, p_writes json, p_new text[], p_keys text[]
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_tenant SCHEMA.tenants := SCHEMA.begin_write(p_name);
  v_versions integer[] := '{}';
  v_id text;
  v_version integer;
  v_current SCHEMA.records;
  v_owner SCHEMA.records;
  v_row integer;
  v_fresh boolean;
  w record;
  r record;
BEGIN
  IF p_answer IS NOT NULL THEN
    INSERT INTO SCHEMA.answers (tenant, key, fingerprint, result, at)
    VALUES (v_tenant.tenant, SCHEMA.label_key(p_answer ->> 'key'), p_answer ->> 'fingerprint', p_answer -> 'result', p_now)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      PERFORM SCHEMA.refuse('idempotency_key_reused', json_build_object('key', p_answer ->> 'key'));
    END IF;
  END IF;
  IF p_new IS NOT NULL AND SCHEMA.all_new(v_tenant.tenant, p_new, p_keys) THEN
    SELECT * INTO v_tenant FROM SCHEMA.insert_records(v_tenant, p_now, p_request, p_writes);
    UPDATE SCHEMA.tenants SET last_sequence = v_tenant.last_sequence, last_row = v_tenant.last_row
    WHERE tenant = v_tenant.tenant;
    RETURN json_build_object('versions', array_fill(1, ARRAY[cardinality(p_new)]), 'sequence', v_tenant.last_sequence);
  END IF;

  FOR w IN SELECT * FROM json_to_recordset(p_writes) AS (kind text, id text, "expectedVersion" integer,
    "duplicateKey" text, change text, note json, target text, record json, embedder text, analyzer text,
    features text, vector text)
  LOOP
    v_id := SCHEMA.label_key(w.id);
    IF w.kind = 'alias' THEN
      PERFORM SCHEMA.set_alias(v_tenant.tenant, v_id, SCHEMA.label_key(w.target), p_now);
      v_versions := v_versions || 0;
      CONTINUE;
    END IF;

    SELECT * INTO v_current FROM SCHEMA.records WHERE tenant = v_tenant.tenant AND id = v_id;
    v_fresh := NOT FOUND;
    -- A record that has expired gives way, as it is gone already for every reader.
    IF NOT v_fresh AND v_current.expires_at <= p_now THEN
      IF w.kind = 'put' THEN
        PERFORM SCHEMA.drop_row(v_tenant.tenant, v_current."row");
      END IF;
      v_fresh := true;
      v_current.version := 0;
    END IF;
    IF coalesce(v_current.version, 0) <> w."expectedVersion" OR (v_fresh AND w.kind = 'delete') THEN
      PERFORM SCHEMA.refuse('version_conflict', json_build_object('id', w.id, 'expectedVersion', w."expectedVersion",
        'actualVersion', coalesce(v_current.version, 0)));
    END IF;

    IF w.kind = 'delete' THEN
      SELECT * INTO v_tenant FROM SCHEMA.remove_record(v_tenant, v_current, w.change, w.note, p_now, p_request);
      v_versions := v_versions || v_current.version + 1;
      CONTINUE;
    END IF;

    IF w."duplicateKey" IS NOT NULL THEN
      SELECT * INTO v_owner FROM SCHEMA.records
      WHERE tenant = v_tenant.tenant AND duplicate_key = SCHEMA.label_key(w."duplicateKey");
      IF FOUND AND v_owner.id <> v_id THEN
        IF v_owner.expires_at IS NULL OR v_owner.expires_at > p_now THEN
          PERFORM SCHEMA.refuse('version_conflict', json_build_object('id', w.id, 'duplicate', (
            SELECT body ->> 'id' FROM SCHEMA.versions
            WHERE tenant = v_owner.tenant AND id = v_owner.id AND version = v_owner.version)));
        END IF;
        UPDATE SCHEMA.records SET duplicate_key = NULL WHERE tenant = v_tenant.tenant AND "row" = v_owner."row";
      END IF;
    END IF;

    SELECT * INTO r FROM json_to_record(w.record) AS (type text, namespace text, "userId" text, "agentId" text,
      "sessionId" text, pinned boolean, extracted boolean, importance double precision, "accessCount" bigint,
      "createdAt" timestamptz, "updatedAt" timestamptz, "lastAccessedAt" timestamptz, "persistedAt" timestamptz,
      "eventDate" timestamptz, "validFrom" timestamptz, "validTo" timestamptz, "expiresAt" timestamptz, topics text[],
      entities text[], metadata jsonb);
    IF v_fresh THEN
      v_version := SCHEMA.last_version(v_tenant.tenant, v_id) + 1;
      v_tenant.last_row := v_tenant.last_row + 1;
      v_row := v_tenant.last_row;
      INSERT INTO SCHEMA.entries (tenant, "row", embedder, analyzer, features, vector)
      VALUES (v_tenant.tenant, v_row, w.embedder, w.analyzer, decode(w.features, 'base64'), decode(w.vector, 'base64'));
      INSERT INTO SCHEMA.records (tenant, "row", id, version, duplicate_key, type, namespace, user_id, agent_id, session_id,
        pinned, extracted, importance, access_count, created_at, updated_at, last_accessed_at, persisted_at, event_date,
        valid_from, valid_to, expires_at, topics, entities, metadata)
      VALUES (v_tenant.tenant, v_row, v_id, v_version, SCHEMA.label_key(w."duplicateKey"), r.type,
        SCHEMA.label_key(r.namespace), SCHEMA.label_key(r."userId"), SCHEMA.label_key(r."agentId"),
        SCHEMA.label_key(r."sessionId"), r.pinned, r.extracted, r.importance, r."accessCount", r."createdAt",
        r."updatedAt", r."lastAccessedAt", r."persistedAt", r."eventDate", r."validFrom", r."validTo", r."expiresAt",
        r.topics, r.entities, r.metadata);
    ELSE
      v_version := v_current.version + 1;
      UPDATE SCHEMA.entries SET embedder = w.embedder, analyzer = w.analyzer, features = decode(w.features, 'base64'),
        vector = decode(w.vector, 'base64')
      WHERE tenant = v_tenant.tenant AND "row" = v_current."row";
      UPDATE SCHEMA.records SET version = v_version, duplicate_key = SCHEMA.label_key(w."duplicateKey"), type = r.type,
        namespace = SCHEMA.label_key(r.namespace), user_id = SCHEMA.label_key(r."userId"),
        agent_id = SCHEMA.label_key(r."agentId"), session_id = SCHEMA.label_key(r."sessionId"), pinned = r.pinned,
        extracted = r.extracted, importance = r.importance, access_count = r."accessCount", created_at = r."createdAt",
        updated_at = r."updatedAt", last_accessed_at = r."lastAccessedAt", persisted_at = r."persistedAt",
        event_date = r."eventDate", valid_from = r."validFrom", valid_to = r."validTo", expires_at = r."expiresAt",
        topics = r.topics, entities = r.entities, metadata = r.metadata
      WHERE tenant = v_tenant.tenant AND "row" = v_current."row";
    END IF;
    INSERT INTO SCHEMA.versions (tenant, id, version, change, present, at, user_id, created_at, expires_at, note, body)
    VALUES (v_tenant.tenant, v_id, v_version, w.change, true, p_now, SCHEMA.label_key(r."userId"), r."createdAt",
      r."expiresAt", w.note, w.record);
    v_tenant.last_sequence := v_tenant.last_sequence + 1;
    INSERT INTO SCHEMA.changes (tenant, sequence, kind, change, id, version, at, namespace, user_id, agent_id, session_id,
      request)
    VALUES (v_tenant.tenant, v_tenant.last_sequence, 'record', w.change, w.id, v_version, p_now, r.namespace, r."userId",
      r."agentId", r."sessionId", p_request);
    PERFORM SCHEMA.set_alias(v_tenant.tenant, v_id, NULL, p_now);
    v_versions := v_versions || v_version;
  END LOOP;
  UPDATE SCHEMA.tenants SET last_sequence = v_tenant.last_sequence, last_row = v_tenant.last_row
  WHERE tenant = v_tenant.tenant;
  RETURN json_build_object('versions', v_versions, 'sequence', v_tenant.last_sequence);
END $$;

CREATE FUNCTION SCHEMA.remove_expired_records(p_name text, p_now timestamptz, p_limit integer, p_request uuid)
RETURNS SETOF text LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_tenant SCHEMA.tenants;
  v_record SCHEMA.records;
BEGIN
  PERFORM set_config('memoir.tenant', SCHEMA.label_key(p_name), true);
  -- Usually nothing has expired, and then nobody need wait.
  IF NOT EXISTS (SELECT 1 FROM SCHEMA.records WHERE tenant = SCHEMA.label_key(p_name) AND expires_at <= p_now) THEN
    RETURN;
  END IF;
  v_tenant := SCHEMA.begin_write(p_name);
  FOR v_record IN SELECT * FROM SCHEMA.records WHERE tenant = v_tenant.tenant AND expires_at <= p_now
    ORDER BY expires_at LIMIT p_limit
  LOOP
    SELECT * INTO v_tenant FROM SCHEMA.remove_record(v_tenant, v_record, 'delete', '{"reason": "expired"}', p_now, p_request);
    RETURN QUERY SELECT id FROM SCHEMA.changes WHERE tenant = v_tenant.tenant AND sequence = v_tenant.last_sequence;
  END LOOP;
  UPDATE SCHEMA.tenants SET last_sequence = v_tenant.last_sequence, last_row = v_tenant.last_row
  WHERE tenant = v_tenant.tenant;
END $$;

-- Removes all there is of these ids; gives those of which anything was there.
CREATE FUNCTION SCHEMA.erase_records(p_name text, p_ids text[], p_now timestamptz, p_request uuid)
RETURNS SETOF text LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_tenant SCHEMA.tenants := SCHEMA.begin_write(p_name);
  v_label text;
  v_id text;
  v_body json;
  v_version integer;
  v_row integer;
  v_aliased boolean;
  v_known boolean;
BEGIN
  FOREACH v_label IN ARRAY p_ids LOOP
    v_id := SCHEMA.label_key(v_label);
    v_version := SCHEMA.last_version(v_tenant.tenant, v_id) + 1;
    SELECT body INTO v_body FROM SCHEMA.versions
    WHERE tenant = v_tenant.tenant AND id = v_id AND body IS NOT NULL ORDER BY version DESC LIMIT 1;
    v_known := FOUND;
    SELECT "row" INTO v_row FROM SCHEMA.records WHERE tenant = v_tenant.tenant AND id = v_id;
    IF FOUND THEN
      PERFORM SCHEMA.drop_row(v_tenant.tenant, v_row);
    END IF;
    DELETE FROM SCHEMA.versions WHERE tenant = v_tenant.tenant AND id = v_id;
    DELETE FROM SCHEMA.aliases WHERE tenant = v_tenant.tenant AND id = v_id;
    v_aliased := FOUND;
    DELETE FROM SCHEMA.aliases WHERE tenant = v_tenant.tenant AND target = v_id;
    CONTINUE WHEN NOT v_known AND NOT v_aliased;
    INSERT INTO SCHEMA.erasures (tenant, id, version) VALUES (v_tenant.tenant, v_id, v_version)
    ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version;
    v_tenant.last_sequence := v_tenant.last_sequence + 1;
    INSERT INTO SCHEMA.changes (tenant, sequence, kind, change, id, version, at, namespace, user_id, agent_id, session_id,
      request)
    VALUES (v_tenant.tenant, v_tenant.last_sequence, 'record', 'delete', v_label, v_version, p_now,
      v_body ->> 'namespace', v_body ->> 'userId', v_body ->> 'agentId', v_body ->> 'sessionId', p_request);
    RETURN NEXT v_label;
  END LOOP;
  UPDATE SCHEMA.tenants SET last_sequence = v_tenant.last_sequence, last_row = v_tenant.last_row
  WHERE tenant = v_tenant.tenant;
END $$;

-- Counts accesses: an id that comes several times counts as often.
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

-- The records that reading these ids gives, following aliases as they were at p_as_of, by default now.
CREATE FUNCTION SCHEMA.read_records(p_name text, p_ids text[], p_now timestamptz, p_as_of timestamptz)
RETURNS TABLE (place bigint, body json, version integer, last_accessed_at text, access_count bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_tenant text := SCHEMA.label_key(p_name);
  v_keys text[] := ARRAY(SELECT SCHEMA.label_key(id) FROM unnest(p_ids) WITH ORDINALITY AS asked (id, place) ORDER BY place);
  v_target text;
  v_visited text[];
BEGIN
  PERFORM set_config('memoir.tenant', v_tenant, true);
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
