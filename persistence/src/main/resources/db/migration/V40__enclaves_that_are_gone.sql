-- An enclave that is gone stays as a tombstone: audit records and agents of earlier days name it. Its
-- name is free again.
ALTER TABLE control.enclave ADD COLUMN deleted_at timestamptz;
DROP INDEX control.enclave_name;
CREATE UNIQUE INDEX enclave_name ON control.enclave (organization_id, name) WHERE deleted_at IS NULL;

-- Enclave link: whose enclave is this, and what is the digest of its key? One that is gone has none.
CREATE OR REPLACE FUNCTION control.enclave_key(enclave uuid)
  RETURNS TABLE (organization_id uuid, api_key_digest bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT e.organization_id, e.api_key_digest FROM control.enclave e
   WHERE e.id = enclave_key.enclave AND e.deleted_at IS NULL
$$;

-- How many other organizations does this enclave of the current organization serve?
CREATE FUNCTION control.others_served_by(enclave uuid) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT count(*)
    FROM control.enclave AS e
    JOIN control.enclave_organization AS s ON s.enclave_id = e.id
   WHERE e.id = others_served_by.enclave
     AND e.organization_id = public.redoubt_organization()
     AND s.organization_id <> e.organization_id
$$;
REVOKE ALL ON FUNCTION control.others_served_by(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control.others_served_by(uuid) TO redoubt_control;
