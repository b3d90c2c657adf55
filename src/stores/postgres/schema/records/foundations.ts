/** What writing has in common: the lock of a tenant, refusals, and the pieces that several functions are made of. */
export const FOUNDATIONS = `
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

`;
