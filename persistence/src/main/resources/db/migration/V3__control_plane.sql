-- The control plane's half of the database. Everything that belongs to an organization is under
-- row-level security, forced; nothing is deleted, it gets a tombstone; audit is append-only.

-- Organizations, people, machines that call the operator API --------------------------------------

CREATE TABLE control.organization (
  id                     uuid PRIMARY KEY,
  name                   text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  payloads               text NOT NULL DEFAULT 'full' CHECK (payloads IN ('full', 'metadata')),
  payload_retention_days integer NOT NULL DEFAULT 30 CHECK (payload_retention_days BETWEEN 1 AND 3650),
  version                bigint NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL,
  updated_at             timestamptz NOT NULL
);

CREATE TABLE control.member (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  id              uuid NOT NULL,
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  email           text CHECK (length(email) <= 254),
  version         bigint NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX member_email ON control.member (organization_id, lower(email))
  WHERE deleted_at IS NULL;

-- Who has which built-in role; a binding that ended stays as history.
CREATE TABLE control.role_binding (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  subject_id      uuid NOT NULL,
  role            text NOT NULL,
  granted_at      timestamptz NOT NULL,
  granted_by      text NOT NULL,
  revoked_at      timestamptz,
  revoked_by      text
);
CREATE UNIQUE INDEX role_binding_standing ON control.role_binding (organization_id, subject_id, role)
  WHERE revoked_at IS NULL;

CREATE TABLE control.oauth_client (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  id              uuid NOT NULL UNIQUE,
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  member_id       uuid,
  secret_digest   bytea NOT NULL CHECK (length(secret_digest) = 32),
  permissions     jsonb NOT NULL,
  break_glass     boolean NOT NULL DEFAULT false,
  created_at      timestamptz NOT NULL,
  created_by      text NOT NULL,
  rotated_at      timestamptz NOT NULL,
  last_used_at    timestamptz,
  deleted_at      timestamptz,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, member_id) REFERENCES control.member (organization_id, id)
);

-- Enclaves and the ordered log of what they are told ----------------------------------------------

CREATE TABLE control.enclave (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  id              uuid PRIMARY KEY,
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  api_key_digest  bytea NOT NULL CHECK (length(api_key_digest) = 32),
  enrolment_key   bytea CHECK (length(enrolment_key) = 32),
  software        text,
  last_contact_at timestamptz,
  listens_until   timestamptz,
  nodes           jsonb NOT NULL DEFAULT '[]',
  nodes_at        timestamptz,
  applied_up_to   bigint NOT NULL DEFAULT 0,
  applied_at      timestamptz,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX enclave_name ON control.enclave (organization_id, name);

-- Which organizations an enclave serves, its own among them.
CREATE TABLE control.enclave_organization (
  enclave_id      uuid NOT NULL REFERENCES control.enclave (id),
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  since           timestamptz NOT NULL,
  PRIMARY KEY (enclave_id, organization_id)
);
CREATE INDEX enclave_organization_by_organization ON control.enclave_organization (organization_id);

-- The last number given out. One row lock per enclave makes the order of numbers the order of
-- commits, so a reader that saw number n has seen everything before it.
CREATE TABLE control.enclave_command_counter (
  enclave_id  uuid PRIMARY KEY,
  last_number bigint NOT NULL
);

-- The foreign key is the rule: no enclave is ever told anything of an organization it does not serve.
CREATE TABLE control.enclave_command (
  enclave_id      uuid NOT NULL,
  number          bigint NOT NULL,
  organization_id uuid NOT NULL,
  kind            text NOT NULL,
  payload         jsonb NOT NULL,
  issued_at       timestamptz NOT NULL,
  rejected_why    text,
  PRIMARY KEY (enclave_id, number),
  FOREIGN KEY (enclave_id, organization_id)
    REFERENCES control.enclave_organization (enclave_id, organization_id)
);

-- Agents ------------------------------------------------------------------------------------------

CREATE TABLE control.agent (
  organization_id      uuid NOT NULL REFERENCES control.organization (id),
  id                   uuid NOT NULL,
  enclave_id           uuid NOT NULL,
  name                 text NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
  description          text NOT NULL DEFAULT '',
  labels               jsonb NOT NULL,
  owner_id             uuid NOT NULL,
  client_cidr          jsonb NOT NULL,
  intent               jsonb NOT NULL,
  budget               jsonb NOT NULL,
  models               jsonb NOT NULL,
  approval_limit       integer,
  may_bring_credential boolean NOT NULL DEFAULT false,
  version              bigint NOT NULL DEFAULT 1,
  status               text NOT NULL,
  status_at            timestamptz NOT NULL,
  last_seen_at         timestamptz,
  created_at           timestamptz NOT NULL,
  updated_at           timestamptz NOT NULL,
  deleted_at           timestamptz,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, owner_id) REFERENCES control.member (organization_id, id),
  FOREIGN KEY (enclave_id, organization_id)
    REFERENCES control.enclave_organization (enclave_id, organization_id)
);
CREATE UNIQUE INDEX agent_name ON control.agent (organization_id, name) WHERE deleted_at IS NULL;

-- Isolations that were asked for here, and break-glass ones that the enclave reported.
CREATE TABLE control.isolation (
  organization_id uuid NOT NULL,
  id              uuid NOT NULL,
  agent_id        uuid NOT NULL,
  reason          text,
  asked_by        text,
  asked_at        timestamptz NOT NULL,
  acknowledged_at timestamptz,
  released_at     timestamptz,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, agent_id) REFERENCES control.agent (organization_id, id)
);
CREATE INDEX isolation_by_agent ON control.isolation (organization_id, agent_id)
  WHERE released_at IS NULL;

-- Every isolate, release, revoke and decommission, with the enclave's proof once it has come (G3).
CREATE TABLE control.lifecycle_order (
  organization_id uuid NOT NULL,
  enclave_id      uuid NOT NULL,
  command_number  bigint NOT NULL,
  agent_id        uuid NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('isolate', 'release', 'revoke', 'decommission')),
  isolation_ids   jsonb NOT NULL DEFAULT '[]',
  reason          text NOT NULL,
  asked_by        text NOT NULL,
  asked_at        timestamptz NOT NULL,
  proof           jsonb,
  proved_at       timestamptz,
  PRIMARY KEY (organization_id, enclave_id, command_number),
  FOREIGN KEY (organization_id, agent_id) REFERENCES control.agent (organization_id, id)
);

-- Model providers ---------------------------------------------------------------------------------

CREATE TABLE control.provider (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
  kind            text NOT NULL CHECK (kind IN ('anthropic', 'openai')),
  base_url        text NOT NULL,
  models          jsonb NOT NULL,
  timeout_seconds integer NOT NULL,
  simulated       boolean NOT NULL,
  sealed_key      bytea,
  version         bigint NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  PRIMARY KEY (organization_id, name),
  -- A tombstone keeps no secret.
  CHECK ((deleted_at IS NULL) = (sealed_key IS NOT NULL))
);

-- Audit and usage ---------------------------------------------------------------------------------

-- First halves, the control plane's own (no enclave, no number) and those of enclaves.
CREATE TABLE control.audit_record (
  organization_id uuid NOT NULL,
  id              uuid NOT NULL,
  time            timestamptz NOT NULL,
  enclave_id      uuid,
  number          bigint,
  agent_id        uuid,
  plane           text NOT NULL,
  verdict         text NOT NULL,
  operation       text NOT NULL,
  resource        text,
  actor_kind      text NOT NULL,
  actor           text,
  trace_id        text,
  body            jsonb NOT NULL,
  txid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ordering        bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (organization_id, id),
  CHECK ((enclave_id IS NULL) = (number IS NULL))
);
CREATE INDEX audit_record_newest ON control.audit_record (organization_id, time DESC, id DESC);
CREATE INDEX audit_record_of_agent
  ON control.audit_record (organization_id, agent_id, time DESC, id DESC);

-- Second halves: how intents ended.
CREATE TABLE control.audit_outcome (
  organization_id uuid NOT NULL,
  id              uuid NOT NULL,
  time            timestamptz NOT NULL,
  enclave_id      uuid NOT NULL,
  number          bigint NOT NULL,
  body            jsonb NOT NULL,
  txid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ordering        bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (organization_id, id)
);

CREATE UNIQUE INDEX audit_record_number
  ON control.audit_record (organization_id, enclave_id, number);
CREATE UNIQUE INDEX audit_outcome_number
  ON control.audit_outcome (organization_id, enclave_id, number);

-- Up to which number nothing is missing, for each enclave and organization (G10).
CREATE TABLE control.audit_cursor (
  organization_id uuid NOT NULL,
  enclave_id      uuid NOT NULL,
  contiguous      bigint NOT NULL,
  PRIMARY KEY (organization_id, enclave_id)
);

CREATE TABLE control.usage_day (
  organization_id    uuid NOT NULL,
  day                date NOT NULL,
  agent_id           uuid NOT NULL,
  model              text NOT NULL,
  actions            bigint NOT NULL,
  denied             bigint NOT NULL,
  input_tokens       bigint NOT NULL,
  output_tokens      bigint NOT NULL,
  cache_read_tokens  bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  cost_micros        bigint NOT NULL,
  PRIMARY KEY (organization_id, day, agent_id, model)
);

-- The first answer to a POST that carried an Idempotency-Key, without its one-time secrets.
CREATE TABLE control.idempotency_key (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  client_id       text NOT NULL,
  key             text NOT NULL,
  request_digest  bytea NOT NULL,
  answer          jsonb,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (organization_id, client_id, key)
);

-- Keys --------------------------------------------------------------------------------------------

-- Data keys of organizations, wrapped by the master key (G6).
CREATE TABLE control.organization_key (
  organization_id uuid NOT NULL,
  key_id          integer NOT NULL CHECK (key_id > 0),
  wrapped         bytea NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, key_id)
);

-- The control plane's own ES256 keys: operator tokens, commands, heartbeats. The private half is
-- sealed. No tenant: they sign for all.
CREATE TABLE control.signing_key (
  kid            text PRIMARY KEY,
  jwk            jsonb NOT NULL,
  sealed         bytea NOT NULL,
  signs_from     timestamptz NOT NULL,
  verifies_until timestamptz
);

-- Row-level security, and what is append-only -----------------------------------------------------

CALL public.redoubt_protect('control.member');
CALL public.redoubt_protect('control.role_binding');
CALL public.redoubt_protect('control.oauth_client');
CALL public.redoubt_protect('control.enclave');
CALL public.redoubt_protect('control.enclave_organization');
CALL public.redoubt_protect('control.enclave_command');
CALL public.redoubt_protect('control.agent');
CALL public.redoubt_protect('control.isolation');
CALL public.redoubt_protect('control.lifecycle_order');
CALL public.redoubt_protect('control.provider');
CALL public.redoubt_protect('control.audit_record');
CALL public.redoubt_protect('control.audit_outcome');
CALL public.redoubt_protect('control.audit_cursor');
CALL public.redoubt_protect('control.usage_day');
CALL public.redoubt_protect('control.idempotency_key');
CALL public.redoubt_protect('control.organization_key');

ALTER TABLE control.organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE control.organization FORCE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON control.organization TO redoubt_control
  USING (id = public.redoubt_organization()) WITH CHECK (id = public.redoubt_organization());
CREATE POLICY listed_functions ON control.organization TO redoubt_migrator
  USING (true) WITH CHECK (true);

-- An organization also sees, but never changes, the enclaves of others that serve it.
CREATE POLICY serves_organization ON control.enclave FOR SELECT TO redoubt_control
  USING (EXISTS (
    SELECT FROM control.enclave_organization served
    WHERE served.enclave_id = enclave.id AND served.organization_id = public.redoubt_organization()));

CALL public.redoubt_make_append_only('control.audit_record');
CALL public.redoubt_make_append_only('control.audit_outcome');

-- The roles that a member or client has now, as its caller may see them (no definer's rights here).
CREATE FUNCTION control.standing_roles(organization uuid, subject uuid) RETURNS jsonb
  LANGUAGE sql STABLE SET search_path = control, pg_temp AS $$
  SELECT coalesce(jsonb_agg(role ORDER BY role), '[]')
  FROM control.role_binding
  WHERE organization_id = organization AND subject_id = subject AND revoked_at IS NULL
$$;

-- The few look-ups across organizations: each answers one narrow question ---------------------------

-- Token endpoint: whose client is this?
CREATE FUNCTION control.organization_of_client(client uuid) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT organization_id FROM control.oauth_client WHERE id = client AND deleted_at IS NULL
$$;

-- Enclave link: whose enclave is this, and what is the digest of its key?
CREATE FUNCTION control.enclave_key(enclave uuid)
  RETURNS TABLE (organization_id uuid, api_key_digest bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT e.organization_id, e.api_key_digest FROM control.enclave e WHERE e.id = enclave_key.enclave
$$;

-- Enclave link: what comes next for this enclave?
CREATE FUNCTION control.commands_after(enclave uuid, after bigint, at_most integer)
  RETURNS TABLE (number bigint, organization_id uuid, payload jsonb, issued_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT c.number, c.organization_id, c.payload, c.issued_at
  FROM control.enclave_command c
  WHERE c.enclave_id = commands_after.enclave AND c.number > commands_after.after
  ORDER BY c.number
  LIMIT at_most
$$;

-- How long is this enclave's log?
CREATE FUNCTION control.last_command(enclave uuid) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT coalesce(
    (SELECT last_number FROM control.enclave_command_counter WHERE enclave_id = enclave), 0)
$$;

-- Appends a command of the current organization to the log of an enclave that serves it. The
-- number becomes visible to others with the commit, in order and without gaps.
CREATE FUNCTION control.append_command(enclave uuid, kind text, payload jsonb, at timestamptz)
  RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = control, pg_temp AS $$
DECLARE
  organization uuid := public.redoubt_organization();
  given bigint;
BEGIN
  IF organization IS NULL THEN
    RAISE EXCEPTION 'no organization is set' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO control.enclave_command_counter AS counter (enclave_id, last_number)
    VALUES (enclave, 1)
    ON CONFLICT (enclave_id) DO UPDATE SET last_number = counter.last_number + 1
    RETURNING last_number INTO given;
  INSERT INTO control.enclave_command (enclave_id, number, organization_id, kind, payload, issued_at)
    VALUES (enclave, given, organization, kind, payload, at);
  RETURN given;
END
$$;

-- Notes that an enclave passed over a command, once, and says whose command it was.
CREATE FUNCTION control.reject_command(enclave uuid, command_number bigint, why text) RETURNS uuid
  LANGUAGE sql SECURITY DEFINER SET search_path = control, pg_temp AS $$
  UPDATE control.enclave_command SET rejected_why = why
  WHERE enclave_id = enclave AND number = command_number AND rejected_why IS NULL
  RETURNING organization_id
$$;

-- Signing keys changed: who must be told? Every enclave, for every organization it serves.
CREATE FUNCTION control.served_organizations() RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT DISTINCT organization_id FROM control.enclave_organization
$$;

-- First start of a local installation: is the organization there already?
CREATE FUNCTION control.organization_named(wanted text) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT id FROM control.organization WHERE name = wanted ORDER BY created_at, id LIMIT 1
$$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA control TO redoubt_control;

-- Grants: no DELETE but of expired idempotency keys, no UPDATE of audit ----------------------------

GRANT SELECT, INSERT, UPDATE ON
  control.organization, control.member, control.role_binding, control.oauth_client, control.enclave,
  control.enclave_organization, control.agent, control.isolation, control.lifecycle_order,
  control.provider, control.audit_cursor, control.usage_day, control.signing_key
  TO redoubt_control;
GRANT SELECT, INSERT, UPDATE, DELETE ON control.idempotency_key TO redoubt_control;
GRANT SELECT, INSERT ON control.audit_record, control.audit_outcome, control.organization_key
  TO redoubt_control;
GRANT SELECT ON control.enclave_command TO redoubt_control;
