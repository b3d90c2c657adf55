/**
 * Writing and reading a session by fewer statements than the functions of the same meaning that were here before. Plans are kept
 * as they were made for empty tables, where every index of the tenant looks as good as the right one: a range of one key, in its
 * order, leaves no choice.
 */
export const SINGLE_SESSION = `-- Writes a session as its writer has worked it out, provided that what the writer took for granted is so: the version, and
-- that no message has one of the ids in "absent". If not, nothing is changed and the answer says how things are. An answer
-- kept with the idempotency key goes before everything else. Gives {"kept"}, {"facts"} or {"written"}.
CREATE OR REPLACE FUNCTION SCHEMA.write_session(p_name text, p_key text, p_now timestamptz, p_request uuid, p_write json)
RETURNS json LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_name text := SCHEMA.label_key(p_name);
  v_seen text := set_config('memoir.tenant', v_name, true);
  v_tenant SCHEMA.tenants;
  v_key text := SCHEMA.label_key(p_key);
  v_kept json;
  v_sequence bigint;
  v_session bigint;
  v_place tid;
  v_position bigint := 0;
  v_count integer := 0;
  v_same bigint := 0;
  v_gone integer;
  w record;
BEGIN
  -- As begin_write does, and counts at once.
  UPDATE SCHEMA.tenants SET last_sequence = last_sequence + 1 WHERE tenant = v_name RETURNING last_sequence INTO v_sequence;
  IF NOT FOUND THEN
    v_tenant := SCHEMA.begin_write(p_name);
    UPDATE SCHEMA.tenants SET last_sequence = last_sequence + 1 WHERE tenant = v_name RETURNING last_sequence INTO v_sequence;
  END IF;
  SELECT given.*, found.session, found.place, found.message_count, found.last_position,
      found.session IS NOT NULL AND (found.expires_at IS NULL OR found.expires_at > p_now) AS living,
      found.version AS found_version, CASE WHEN found.session IS NOT NULL AND given.absent <> '{}' THEN (
        SELECT json_agg(asked.id) FROM unnest(given.absent) AS asked (id)
        CROSS JOIN LATERAL (SELECT 1 FROM SCHEMA.messages m WHERE m.tenant = v_name AND m.session = found.session
          AND m.id BETWEEN SCHEMA.label_key(asked.id) AND SCHEMA.label_key(asked.id) ORDER BY m.id LIMIT 1) AS same) END AS present
    INTO w
    FROM json_to_record(p_write) AS given ("answerKey" text, fingerprint text, receipt json, "baseVersion" integer,
      absent text[], scope json, version integer, "createdAt" text, "updatedAt" timestamptz, "expiresAt" timestamptz,
      state json, replaced boolean, removed text[], patched json, appended json)
    LEFT JOIN LATERAL (SELECT s.*, s.ctid AS place FROM SCHEMA.sessions s
      WHERE s.tenant = v_name AND s.key BETWEEN v_key AND v_key ORDER BY s.key LIMIT 1) AS found ON true;
  IF w."answerKey" IS NOT NULL THEN
    SELECT json_build_object('fingerprint', fingerprint, 'result', result) INTO v_kept FROM SCHEMA.answers
    WHERE tenant = v_name AND key = SCHEMA.label_key(w."answerKey");
    IF FOUND THEN
      UPDATE SCHEMA.tenants SET last_sequence = last_sequence - 1 WHERE tenant = v_name;
      RETURN json_build_object('kept', v_kept);
    END IF;
  END IF;
  IF (CASE WHEN w.living THEN w.found_version ELSE 0 END) IS DISTINCT FROM w."baseVersion"
    OR (w.living AND w.present IS NOT NULL) THEN
    UPDATE SCHEMA.tenants SET last_sequence = last_sequence - 1 WHERE tenant = v_name;
    RETURN json_build_object('facts', CASE WHEN w.living THEN (
      SELECT json_build_object('version', version, 'present', w.present, 'state', state)
      FROM SCHEMA.sessions WHERE ctid = w.place)
      ELSE json_build_object('version', 0, 'present', NULL, 'state', NULL) END);
  END IF;

  v_session := w.session;
  v_place := w.place;
  IF w.living THEN
    v_count := w.message_count;
    v_position := w.last_position;
    IF w.replaced THEN
      -- Clients send whole conversations of which only the end is new: what is the same at the start stays.
      SELECT count(*) INTO v_same FROM (
        SELECT bool_and(kept.body::text = given.value ->> 'body' AND kept.persisted_at IS NOT DISTINCT FROM given.value ->> 'persistedAt'
          AND kept.extracted = (given.value ->> 'extracted')::boolean) OVER (ORDER BY given.place) AS same
        FROM (SELECT body, persisted_at, extracted, row_number() OVER (ORDER BY position) AS place
          FROM SCHEMA.messages WHERE tenant = v_name AND session = v_session) AS kept
        JOIN json_array_elements(w.appended) WITH ORDINALITY AS given (value, place) USING (place)) AS pairs
      WHERE same;
      DELETE FROM SCHEMA.messages WHERE tenant = v_name AND session = v_session AND position IN (
        SELECT position FROM SCHEMA.messages WHERE tenant = v_name AND session = v_session ORDER BY position OFFSET v_same);
      v_count := v_same;
    ELSE
      IF w.removed IS NOT NULL THEN
        DELETE FROM SCHEMA.messages WHERE tenant = v_name AND session = v_session
          AND id IN (SELECT SCHEMA.label_key(id) FROM unnest(w.removed) AS id);
        GET DIAGNOSTICS v_gone = ROW_COUNT;
        v_count := v_count - v_gone;
      END IF;
      IF w.patched IS NOT NULL THEN
        UPDATE SCHEMA.messages m SET
          persisted_at = CASE WHEN patch."setPersistedAt" THEN patch."persistedAt" ELSE m.persisted_at END,
          extracted = coalesce(patch.extracted, m.extracted)
        FROM json_to_recordset(w.patched) AS patch (id text, "setPersistedAt" boolean, "persistedAt" text, extracted boolean)
        WHERE m.tenant = v_name AND m.session = v_session AND m.id = SCHEMA.label_key(patch.id);
      END IF;
    END IF;
  ELSE
    IF v_session IS NOT NULL THEN
      PERFORM SCHEMA.drop_session(v_name, v_session);
    END IF;
    INSERT INTO SCHEMA.sessions (tenant, key, namespace, user_id, session_id, version, message_count, last_position,
      created_at, updated_at, expires_at, state)
    VALUES (v_name, v_key, SCHEMA.label_key(w.scope ->> 'namespace'), SCHEMA.label_key(w.scope ->> 'userId'),
      SCHEMA.label_key(w.scope ->> 'sessionId'), 0, 0, 0, w."createdAt", w."updatedAt", NULL, '{}')
    RETURNING session, ctid INTO v_session, v_place;
  END IF;

  WITH appended AS (
    INSERT INTO SCHEMA.messages (tenant, session, position, id, created_at, persisted_at, extracted, body)
    SELECT v_name, v_session, v_position + given.place - v_same, SCHEMA.label_key(given.id), given."createdAt",
      given."persistedAt", given.extracted, given.body
    FROM ROWS FROM (json_to_recordset(w.appended) AS (id text, "createdAt" timestamptz, "persistedAt" text, extracted boolean,
      body json)) WITH ORDINALITY AS given (id, "createdAt", "persistedAt", extracted, body, place)
    WHERE given.place > v_same
    RETURNING 1
  ), told AS (
    INSERT INTO SCHEMA.changes (tenant, sequence, kind, change, id, version, at, namespace, user_id, session_id, request)
    VALUES (v_name, v_sequence, 'session', CASE WHEN w.living THEN 'update' ELSE 'create' END, w.scope ->> 'sessionId',
      w.version, p_now, w.scope ->> 'namespace', w.scope ->> 'userId', w.scope ->> 'sessionId', p_request)
  )
  UPDATE SCHEMA.sessions SET version = w.version, message_count = v_count + more.amount,
    last_position = v_position + more.amount, created_at = w."createdAt", updated_at = w."updatedAt",
    expires_at = w."expiresAt", state = w.state
  FROM (SELECT count(*)::integer AS amount FROM appended) AS more
  WHERE ctid = v_place;
  IF w."answerKey" IS NOT NULL THEN
    INSERT INTO SCHEMA.answers (tenant, key, fingerprint, result, at)
    VALUES (v_name, SCHEMA.label_key(w."answerKey"), w.fingerprint, w.receipt, p_now);
  END IF;
  RETURN '{"written":true}'::json;
END $$;

-- A living session with its messages, or with the newest p_newest of them by date, oldest first.
CREATE OR REPLACE FUNCTION SCHEMA.read_session(p_name text, p_key text, p_now timestamptz, p_newest integer)
RETURNS TABLE (state json, messages json) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_tenant text := SCHEMA.label_key(p_name);
  v_seen text := set_config('memoir.tenant', v_tenant, true);
  v_key text := SCHEMA.label_key(p_key);
  v_found SCHEMA.sessions;
BEGIN
  SELECT * INTO v_found FROM SCHEMA.sessions
  WHERE tenant = v_tenant AND key BETWEEN v_key AND v_key ORDER BY key LIMIT 1;
  IF NOT FOUND OR v_found.expires_at <= p_now THEN
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
