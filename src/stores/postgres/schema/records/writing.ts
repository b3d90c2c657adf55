/** Any batch of writes, in order. */
export const WRITING = `-- A batch of writes in order, all or nothing. Gives the versions and the sequence of the last change. When all of them are
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

`;
