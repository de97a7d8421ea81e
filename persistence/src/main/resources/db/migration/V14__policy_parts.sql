-- What belongs to an organization's policies besides its Cedar documents, as operators work on it: rules by
-- priority, and requests whose verdict must be as stated. Each is one document of its kind; a deleted one stays
-- as a tombstone, so that its version goes on.
--   kind which sort of document the body is
CREATE TABLE control.policy_part (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  kind            text NOT NULL CHECK (length(kind) BETWEEN 1 AND 20),
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
  body            jsonb,
  version         bigint NOT NULL,
  updated_by      text NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  PRIMARY KEY (organization_id, kind, name),
  CHECK ((deleted_at IS NULL) = (body IS NOT NULL))
);
CALL public.redoubt_protect('control.policy_part');
GRANT SELECT, INSERT, UPDATE ON control.policy_part TO redoubt_control;
