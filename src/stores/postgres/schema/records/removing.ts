/** What takes records away: their time, or somebody who wants nothing left of them. */
export const REMOVING = `CREATE FUNCTION SCHEMA.remove_expired_records(p_name text, p_now timestamptz, p_limit integer, p_request uuid)
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

`;
