-- Requests for approval, as enclaves report them, and what was said to them here. The enclave decides:
-- a row here is what it said last.

--   version    of the enclave's; an older report changes nothing
--   document   how it stands; the call's arguments as long as it is pending, and not longer. They may
--              hold what jsonb cannot
CREATE TABLE control.approval (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  id              uuid NOT NULL,
  enclave_id      uuid NOT NULL,
  agent_id        uuid NOT NULL,
  version         integer NOT NULL,
  status          text NOT NULL
    CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'consumed', 'cancelled')),
  document        text NOT NULL,
  reported_at     timestamptz NOT NULL,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, agent_id) REFERENCES control.agent (organization_id, id)
);
CREATE INDEX approval_status ON control.approval (organization_id, status, id);

-- A decision on its way to the enclave, with the enclave's answer once it has come.
CREATE TABLE control.approval_vote (
  organization_id uuid NOT NULL,
  enclave_id      uuid NOT NULL,
  command_number  bigint NOT NULL,
  approval_id     uuid NOT NULL,
  decision        text NOT NULL CHECK (decision IN ('approve', 'deny')),
  asked_by        text NOT NULL,
  asked_at        timestamptz NOT NULL,
  outcome         text,
  PRIMARY KEY (organization_id, enclave_id, command_number),
  FOREIGN KEY (organization_id, approval_id) REFERENCES control.approval (organization_id, id)
);

CALL public.redoubt_protect('control.approval');
CALL public.redoubt_protect('control.approval_vote');
GRANT SELECT, INSERT, UPDATE ON control.approval, control.approval_vote TO redoubt_control;
