-- Whose callback it is where the call itself says for which of an app's owners it is meant: found by the
-- unique index, however many share the app.
CREATE FUNCTION control.channel_owned(p_kind text, p_ownership bytea)
  RETURNS TABLE (organization_id uuid, settings jsonb, sealed bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp
AS $$
  SELECT c.organization_id, c.settings, c.sealed
    FROM channel AS c
   WHERE c.kind = p_kind AND c.secret_digest = p_ownership AND c.deleted_at IS NULL
$$;
REVOKE ALL ON FUNCTION control.channel_owned(text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control.channel_owned(text, bytea) TO redoubt_control;
