/** Taking the oldest changes out of the feed, and the oldest versions out of histories. */
export const FORGETTING = `
-- The last change of the tenant that was taken out of the feed.
ALTER TABLE SCHEMA.tenants ADD COLUMN forgotten bigint NOT NULL DEFAULT 0;

-- Forgets the oldest changes up to the first younger one, never the last; gives how many.
CREATE FUNCTION SCHEMA.forget_changes(p_name text, p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_tenant text := SCHEMA.label_key(p_name);
  v_last bigint;
  v_count integer;
BEGIN
  PERFORM set_config('memoir.tenant', v_tenant, true);
  SELECT max(sequence) INTO v_last FROM (
    SELECT sequence, bool_and(at <= p_before) OVER (ORDER BY sequence) AS old FROM (
      SELECT c.sequence, c.at FROM SCHEMA.changes c
      WHERE c.tenant = v_tenant AND c.sequence < (SELECT last_sequence FROM SCHEMA.tenants WHERE tenant = v_tenant)
      ORDER BY c.sequence LIMIT p_limit) AS oldest) AS judged
  WHERE old;
  -- Usually nothing is that old, and then nobody need wait.
  IF v_last IS NULL THEN
    RETURN 0;
  END IF;
  UPDATE SCHEMA.tenants SET forgotten = greatest(forgotten, v_last) WHERE tenant = v_tenant;
  DELETE FROM SCHEMA.changes WHERE tenant = v_tenant AND sequence <= v_last;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- Takes the versions of each id before the one that is named out of its history; gives how many.
CREATE FUNCTION SCHEMA.forget_versions(p_name text, p_ids text[], p_first integer[]) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_tenant text := SCHEMA.label_key(p_name);
  v_count integer;
BEGIN
  PERFORM set_config('memoir.tenant', v_tenant, true);
  DELETE FROM SCHEMA.versions v USING unnest(p_ids, p_first) AS kept (id, first)
  WHERE v.tenant = v_tenant AND v.id = SCHEMA.label_key(kept.id) AND v.version < kept.first;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;
`;
