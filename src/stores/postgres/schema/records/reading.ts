/** Reading by id. */
export const READING = `-- The records that reading these ids gives, following aliases as they were at p_as_of, by default now.
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
