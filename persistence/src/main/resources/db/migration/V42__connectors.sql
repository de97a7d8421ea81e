-- HTTP APIs that agents may use without knowing a credential for them.

CREATE TABLE control.connector (
  organization_id         uuid NOT NULL REFERENCES control.organization (id),
  name                    text NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
  base_url                text NOT NULL,
  -- How the secret is presented; null: the API wants none.
  credential              jsonb,
  sealed_secret           bytea,
  operations              jsonb NOT NULL,
  timeout_seconds         integer NOT NULL,
  connect_timeout_seconds integer,
  ca_pem                  text,
  version                 bigint NOT NULL,
  created_at              timestamptz NOT NULL,
  updated_at              timestamptz NOT NULL,
  deleted_at              timestamptz,
  PRIMARY KEY (organization_id, name),
  -- A tombstone keeps no secret.
  CHECK (deleted_at IS NULL OR sealed_secret IS NULL),
  CHECK (deleted_at IS NOT NULL OR (credential IS NULL) = (sealed_secret IS NULL))
);
CALL public.redoubt_protect('control.connector');
GRANT SELECT, INSERT, UPDATE ON control.connector TO redoubt_control;

-- Enclave link: organizations whose newest command of a kind the enclave did not know, not just now. It
-- may be of another release by now.
CREATE FUNCTION control.organizations_with_unknown_command(
    enclave uuid, wanted text, before timestamptz)
  RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT newest.organization_id
  FROM (
    SELECT DISTINCT ON (c.organization_id) c.organization_id, c.rejected_why, c.issued_at
    FROM control.enclave_command c
    WHERE c.enclave_id = enclave AND c.kind = wanted
    ORDER BY c.organization_id, c.number DESC
  ) newest
  WHERE newest.rejected_why = 'this release does not know the command' AND newest.issued_at < before
  ORDER BY newest.organization_id
$$;
REVOKE ALL ON FUNCTION control.organizations_with_unknown_command(uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control.organizations_with_unknown_command(uuid, text, timestamptz)
  TO redoubt_control;

-- A deleted connector stays as a tombstone, so that an old command cannot bring it back.
CREATE TABLE enclave.connector (
  organization_id uuid NOT NULL,
  name text NOT NULL,
  version bigint NOT NULL,
  document jsonb,
  sealed_key bytea,
  deleted boolean NOT NULL DEFAULT false,
  PRIMARY KEY (organization_id, name),
  CHECK (deleted = (document IS NULL)),
  CHECK (NOT deleted OR sealed_key IS NULL)
);
CALL public.redoubt_protect('enclave.connector');
GRANT SELECT, INSERT, UPDATE ON enclave.connector TO redoubt_enclave;

CREATE FUNCTION enclave.all_connectors()
  RETURNS TABLE (organization_id uuid, document jsonb, sealed_key bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$ SELECT organization_id, document, sealed_key FROM connector WHERE NOT deleted $$;
REVOKE ALL ON FUNCTION enclave.all_connectors() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enclave.all_connectors() TO redoubt_enclave;
