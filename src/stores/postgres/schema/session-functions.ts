export const SESSION_FUNCTIONS = `
CREATE FUNCTION SCHEMA.append_session_change(
  INOUT p_tenant SCHEMA.tenants, p_scope json, p_change text, p_version integer, p_now timestamptz, p_request uuid
) LANGUAGE plpgsql AS $$
BEGIN
  p_tenant.last_sequence := p_tenant.last_sequence + 1;
  INSERT INTO SCHEMA.changes (tenant, sequence, kind, change, id, version, at, namespace, user_id, session_id, request)
  VALUES (p_tenant.tenant, p_tenant.last_sequence, 'session', p_change, p_scope ->> 'sessionId', p_version, p_now,
    p_scope ->> 'namespace', p_scope ->> 'userId', p_scope ->> 'sessionId', p_request);
END $$;

CREATE FUNCTION SCHEMA.drop_session(p_tenant text, p_session bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM SCHEMA.messages WHERE tenant = p_tenant AND session = p_session;
  DELETE FROM SCHEMA.sessions WHERE tenant = p_tenant AND session = p_session;
END $$;

-- Writes a session as its writer has worked it out, provided that what the writer took for granted is so: the version, and
-- that no message has one of the ids in "absent". If not, nothing is changed and the answer says how things are. An answer
-- kept with the idempotency key goes before everything else. Gives {"kept"}, {"facts"} or {"written"}.
CREATE FUNCTION SCHEMA.write_session(p_name text, p_key text, p_now timestamptz, p_request uuid, p_write json) RETURNS json
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_tenant SCHEMA.tenants := SCHEMA.begin_write(p_name);
  v_key text := SCHEMA.label_key(p_key);
  v_found SCHEMA.sessions;
  v_living boolean;
  v_version integer;
  v_present json;
  v_kept json;
  v_same bigint;
  v_count integer;
  v_gone integer;
  w record;
BEGIN
  SELECT * INTO w FROM json_to_record(p_write) AS (
    "answerKey" text, fingerprint text, receipt json, "baseVersion" integer, absent text[], scope json, version integer,
    "createdAt" text, "updatedAt" timestamptz, "expiresAt" timestamptz, state json, replaced boolean, removed text[],
    patched json, appended json);
  IF w."answerKey" IS NOT NULL THEN
    SELECT json_build_object('fingerprint', fingerprint, 'result', result) INTO v_kept FROM SCHEMA.answers
    WHERE tenant = v_tenant.tenant AND key = SCHEMA.label_key(w."answerKey");
    IF FOUND THEN
      RETURN json_build_object('kept', v_kept);
    END IF;
  END IF;

  SELECT * INTO v_found FROM SCHEMA.sessions WHERE tenant = v_tenant.tenant AND key = v_key;
  v_living := FOUND AND (v_found.expires_at IS NULL OR v_found.expires_at > p_now);
  v_version := CASE WHEN v_living THEN v_found.version ELSE 0 END;
  IF v_living THEN
    SELECT json_agg(asked.id) INTO v_present FROM unnest(w.absent) AS asked (id)
    CROSS JOIN LATERAL (SELECT 1 FROM SCHEMA.messages m WHERE m.tenant = v_tenant.tenant AND m.session = v_found.session
      AND m.id = SCHEMA.label_key(asked.id) LIMIT 1) AS found;
  END IF;
  IF v_version IS DISTINCT FROM w."baseVersion" OR v_present IS NOT NULL THEN
    RETURN json_build_object('facts', json_build_object('version', v_version, 'present', v_present,
      'state', CASE WHEN v_living THEN v_found.state END));
  END IF;

  IF v_living THEN
    v_count := v_found.message_count;
    IF w.replaced THEN
      -- Clients send whole conversations of which only the end is new: what is the same at the start stays.
      SELECT count(*) INTO v_same FROM (
        SELECT bool_and(kept.body::text = given.value ->> 'body' AND kept.persisted_at IS NOT DISTINCT FROM given.value ->> 'persistedAt'
          AND kept.extracted = (given.value ->> 'extracted')::boolean) OVER (ORDER BY given.place) AS same
        FROM (SELECT body, persisted_at, extracted, row_number() OVER (ORDER BY position) AS place
          FROM SCHEMA.messages WHERE tenant = v_tenant.tenant AND session = v_found.session) AS kept
        JOIN json_array_elements(w.appended) WITH ORDINALITY AS given (value, place) USING (place)) AS pairs
      WHERE same;
      DELETE FROM SCHEMA.messages WHERE tenant = v_tenant.tenant AND session = v_found.session AND position IN (
        SELECT position FROM SCHEMA.messages WHERE tenant = v_tenant.tenant AND session = v_found.session
        ORDER BY position OFFSET v_same);
      v_count := v_same;
    ELSE
      IF w.removed IS NOT NULL THEN
        DELETE FROM SCHEMA.messages WHERE tenant = v_tenant.tenant AND session = v_found.session
          AND id IN (SELECT SCHEMA.label_key(id) FROM unnest(w.removed) AS id);
        GET DIAGNOSTICS v_gone = ROW_COUNT;
        v_count := v_count - v_gone;
      END IF;
      IF w.patched IS NOT NULL THEN
        UPDATE SCHEMA.messages m SET
          persisted_at = CASE WHEN patch."setPersistedAt" THEN patch."persistedAt" ELSE m.persisted_at END,
          extracted = coalesce(patch.extracted, m.extracted)
        FROM json_to_recordset(w.patched) AS patch (id text, "setPersistedAt" boolean, "persistedAt" text, extracted boolean)
        WHERE m.tenant = v_tenant.tenant AND m.session = v_found.session AND m.id = SCHEMA.label_key(patch.id);
      END IF;
    END IF;
  ELSE
    IF v_found.session IS NOT NULL THEN
      PERFORM SCHEMA.drop_session(v_tenant.tenant, v_found.session);
    END IF;
    v_count := 0;
    INSERT INTO SCHEMA.sessions (tenant, key, namespace, user_id, session_id, version, message_count, last_position,
      created_at, updated_at, expires_at, state)
    VALUES (v_tenant.tenant, v_key, SCHEMA.label_key(w.scope ->> 'namespace'), SCHEMA.label_key(w.scope ->> 'userId'),
      SCHEMA.label_key(w.scope ->> 'sessionId'), 0, 0, 0, w."createdAt", w."updatedAt", NULL, '{}')
    RETURNING * INTO v_found;
  END IF;

  IF w.appended IS NOT NULL THEN
    INSERT INTO SCHEMA.messages (tenant, session, position, id, created_at, persisted_at, extracted, body)
    SELECT v_tenant.tenant, v_found.session, v_found.last_position + row_number() OVER (ORDER BY given.place),
      SCHEMA.label_key(given.value ->> 'id'), (given.value ->> 'createdAt')::timestamptz, given.value ->> 'persistedAt',
      (given.value ->> 'extracted')::boolean, (given.value ->> 'body')::json
    FROM json_array_elements(w.appended) WITH ORDINALITY AS given (value, place)
    WHERE given.place > coalesce(v_same, 0);
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    v_count := v_count + v_gone;
    v_found.last_position := v_found.last_position + v_gone;
  END IF;
  UPDATE SCHEMA.sessions SET version = w.version, message_count = v_count, last_position = v_found.last_position,
    created_at = w."createdAt", updated_at = w."updatedAt", expires_at = w."expiresAt", state = w.state
  WHERE tenant = v_tenant.tenant AND session = v_found.session;
  SELECT * INTO v_tenant FROM SCHEMA.append_session_change(v_tenant, w.scope,
    CASE WHEN v_living THEN 'update' ELSE 'create' END, w.version, p_now, p_request);
  IF w."answerKey" IS NOT NULL THEN
    INSERT INTO SCHEMA.answers (tenant, key, fingerprint, result, at)
    VALUES (v_tenant.tenant, SCHEMA.label_key(w."answerKey"), w.fingerprint, w.receipt, p_now);
  END IF;
  UPDATE SCHEMA.tenants SET last_sequence = v_tenant.last_sequence, last_row = v_tenant.last_row
  WHERE tenant = v_tenant.tenant;
  RETURN json_build_object('written', true);
END $$;

-- Gives whether there was one. Without p_expected, of whatever version.
CREATE FUNCTION SCHEMA.delete_session(p_name text, p_key text, p_now timestamptz, p_expected integer, p_request uuid)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_tenant SCHEMA.tenants := SCHEMA.begin_write(p_name);
  v_found SCHEMA.sessions;
  v_living boolean;
  v_version integer;
BEGIN
  SELECT * INTO v_found FROM SCHEMA.sessions WHERE tenant = v_tenant.tenant AND key = SCHEMA.label_key(p_key);
  v_living := FOUND AND (v_found.expires_at IS NULL OR v_found.expires_at > p_now);
  v_version := CASE WHEN v_living THEN v_found.version ELSE 0 END;
  IF p_expected <> v_version THEN
    PERFORM SCHEMA.refuse('version_conflict',
      json_build_object('expectedVersion', p_expected, 'actualVersion', v_version));
  END IF;
  IF v_living THEN
    PERFORM SCHEMA.drop_session(v_tenant.tenant, v_found.session);
    SELECT * INTO v_tenant FROM SCHEMA.append_session_change(v_tenant, v_found.state, 'delete', v_found.version, p_now,
      p_request);
    UPDATE SCHEMA.tenants SET last_sequence = v_tenant.last_sequence, last_row = v_tenant.last_row
  WHERE tenant = v_tenant.tenant;
  END IF;
  RETURN v_living;
END $$;

-- Removes expired sessions of any tenant; gives the keys that their rows have.
CREATE FUNCTION SCHEMA.remove_expired_sessions(p_now timestamptz, p_limit integer, p_request uuid)
RETURNS SETOF json LANGUAGE plpgsql AS $$
DECLARE
  v_tenant SCHEMA.tenants;
  v_name text;
  v_session SCHEMA.sessions;
  v_keys text[];
BEGIN
  PERFORM set_config('memoir.every_tenant', 'yes', true);
  v_keys := ARRAY(SELECT key FROM SCHEMA.sessions WHERE expires_at <= p_now ORDER BY expires_at LIMIT p_limit);
  -- In the order of the tenants, so that two who do this at once do not wait for one another.
  FOR v_name IN SELECT DISTINCT t.name FROM SCHEMA.sessions s JOIN SCHEMA.tenants t USING (tenant)
    WHERE s.key = ANY (v_keys) AND s.expires_at <= p_now ORDER BY 1
  LOOP
    v_tenant := SCHEMA.begin_write(v_name);
    FOR v_session IN SELECT * FROM SCHEMA.sessions
      WHERE tenant = v_tenant.tenant AND key = ANY (v_keys) AND expires_at <= p_now ORDER BY expires_at
    LOOP
      PERFORM SCHEMA.drop_session(v_tenant.tenant, v_session.session);
      SELECT * INTO v_tenant FROM SCHEMA.append_session_change(v_tenant, v_session.state, 'delete', v_session.version,
        p_now, p_request);
      RETURN NEXT json_build_array(v_name, v_session.state -> 'namespace', v_session.state -> 'userId',
        v_session.state -> 'sessionId');
    END LOOP;
    UPDATE SCHEMA.tenants SET last_sequence = v_tenant.last_sequence, last_row = v_tenant.last_row
  WHERE tenant = v_tenant.tenant;
  END LOOP;
  PERFORM set_config('memoir.every_tenant', '', true);
END $$;

-- A living session with its messages, or with the newest p_newest of them by date, oldest first.
CREATE FUNCTION SCHEMA.read_session(p_name text, p_key text, p_now timestamptz, p_newest integer)
RETURNS TABLE (state json, messages json) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_tenant text := SCHEMA.label_key(p_name);
  v_found SCHEMA.sessions;
BEGIN
  PERFORM set_config('memoir.tenant', v_tenant, true);
  SELECT * INTO v_found FROM SCHEMA.sessions
  WHERE tenant = v_tenant AND key = SCHEMA.label_key(p_key) AND (expires_at IS NULL OR expires_at > p_now);
  IF NOT FOUND THEN
    RETURN;
  END IF;
  state := v_found.state;
  IF p_newest IS NULL THEN
    SELECT json_agg(json_build_array(m.body, m.persisted_at, m.extracted) ORDER BY m.position) INTO messages
    FROM SCHEMA.messages m WHERE m.tenant = v_tenant AND m.session = v_found.session;
  ELSE
    SELECT json_agg(json_build_array(m.body, m.persisted_at, m.extracted) ORDER BY m.created_at, m.position) INTO messages
    FROM (SELECT * FROM SCHEMA.messages WHERE tenant = v_tenant AND session = v_found.session
      ORDER BY created_at DESC, position DESC LIMIT p_newest) AS m;
  END IF;
  RETURN NEXT;
END $$;
`;
