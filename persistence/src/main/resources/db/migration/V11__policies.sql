-- What operators write as policy, what of it was published, and what each enclave runs.

-- The draft: documents as they stand. A deleted one stays as a tombstone, so that its version goes on.
CREATE TABLE control.policy (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
  cedar           text,
  version         bigint NOT NULL,
  updated_by      text NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  PRIMARY KEY (organization_id, name),
  CHECK ((deleted_at IS NULL) = (cedar IS NOT NULL))
);
CALL public.redoubt_protect('control.policy');
GRANT SELECT, INSERT, UPDATE ON control.policy TO redoubt_control;

-- What was published, for ever: an audit record names the version that decided.
--   payload     the canonical form, which the digest is of
--   rollback_of the version whose policies these are again; NULL: the draft was published
CREATE TABLE control.policy_bundle (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  version         bigint NOT NULL CHECK (version > 0),
  digest          text NOT NULL,
  payload         bytea NOT NULL,
  policies        integer NOT NULL,
  rollback_of     bigint,
  published_by    text NOT NULL,
  published_at    timestamptz NOT NULL,
  PRIMARY KEY (organization_id, version),
  UNIQUE (digest),
  FOREIGN KEY (organization_id, rollback_of)
    REFERENCES control.policy_bundle (organization_id, version)
);
CALL public.redoubt_protect('control.policy_bundle');
CALL public.redoubt_make_append_only('control.policy_bundle');
GRANT SELECT, INSERT ON control.policy_bundle TO redoubt_control;

-- What an enclave runs, as it last said.
--   nodes   those that run it, each with the time since when
--   missing those that live and did not say so
CREATE TABLE control.policy_run (
  organization_id uuid NOT NULL,
  enclave_id      uuid NOT NULL,
  version         bigint NOT NULL,
  nodes           jsonb NOT NULL,
  missing         jsonb NOT NULL,
  at              timestamptz NOT NULL,
  PRIMARY KEY (organization_id, enclave_id),
  FOREIGN KEY (enclave_id, organization_id)
    REFERENCES control.enclave_organization (enclave_id, organization_id)
);
CALL public.redoubt_protect('control.policy_run');
GRANT SELECT, INSERT, UPDATE ON control.policy_run TO redoubt_control;

-- Heartbeats name the newest bundle.
CREATE INDEX enclave_command_bundles ON control.enclave_command (enclave_id, number)
  WHERE kind = 'bundle.published';

------------------------------------------------------------------------ listed functions
-- Enclave link: the bundle of that digest, if it is of an organization that the enclave serves.
CREATE FUNCTION control.bundle_for_enclave(enclave uuid, wanted text) RETURNS bytea
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT b.payload
  FROM control.policy_bundle b
  JOIN control.enclave_organization served ON served.organization_id = b.organization_id
  WHERE b.digest = wanted AND served.enclave_id = enclave
$$;

-- Enclave link: digest of the bundle that this enclave was told of last.
CREATE FUNCTION control.newest_bundle(enclave uuid) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT c.payload ->> 'digest'
  FROM control.enclave_command c
  WHERE c.enclave_id = enclave AND c.kind = 'bundle.published'
  ORDER BY c.number DESC
  LIMIT 1
$$;

-- Enclave link: organizations whose newest bundle the enclave passed over, not just now.
CREATE FUNCTION control.organizations_with_bundle_passed_over(enclave uuid, before timestamptz)
  RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT newest.organization_id
  FROM (
    SELECT DISTINCT ON (c.organization_id) c.organization_id, c.rejected_why, c.issued_at
    FROM control.enclave_command c
    WHERE c.enclave_id = enclave AND c.kind = 'bundle.published'
    ORDER BY c.organization_id, c.number DESC
  ) newest
  WHERE newest.rejected_why IS NOT NULL AND newest.issued_at < before
  ORDER BY newest.organization_id
$$;

-- Start: organizations that were there before there were policies.
CREATE FUNCTION control.organizations_without_bundle() RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT o.id FROM control.organization o
  WHERE NOT EXISTS (SELECT FROM control.policy_bundle b WHERE b.organization_id = o.id)
  ORDER BY o.id
$$;

GRANT EXECUTE ON FUNCTION
  control.bundle_for_enclave(uuid, text),
  control.newest_bundle(uuid),
  control.organizations_with_bundle_passed_over(uuid, timestamptz),
  control.organizations_without_bundle()
TO redoubt_control;

------------------------------------------------------------------------ at the enclave
-- The last known good bundle of each organization.
CREATE TABLE enclave.policy_bundle (
  organization_id uuid PRIMARY KEY,
  version         bigint NOT NULL CHECK (version > 0),
  digest          text NOT NULL,
  payload         bytea NOT NULL,
  kept_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CALL public.redoubt_protect('enclave.policy_bundle');
GRANT SELECT, INSERT, UPDATE ON enclave.policy_bundle TO redoubt_enclave;

-- Every node looks whether it runs what is kept.
CREATE FUNCTION enclave.all_bundles()
  RETURNS TABLE (organization_id uuid, version bigint, digest text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$ SELECT organization_id, version, digest FROM policy_bundle $$;

GRANT EXECUTE ON FUNCTION enclave.all_bundles() TO redoubt_enclave;
