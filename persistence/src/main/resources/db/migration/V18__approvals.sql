-- Requests for approval, side by side. What becomes of one is decided by its actor; a row here is how
-- it is found, how it is woken when its time has come, and where the call's arguments are sealed.

------------------------------------------------------------------------ at the enclave
--   identity   what a grant is good for: at most one open request for each
--   turn       the call to a model that it came of
--   version    grows with everything that happens to it; 0: its actor has not been asked yet
--   open       something may still come of it
--   due_at     when its actor is woken, whoever else holds it in memory
--   document   how it stands, without the arguments; NULL as long as version is 0
--   reported   version that the control plane has
--   over_at    when nothing came of it any more
CREATE TABLE enclave.approval (
  organization_id uuid NOT NULL,
  approval_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  identity text NOT NULL,
  turn uuid,
  version integer NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'consumed', 'cancelled')),
  open boolean NOT NULL DEFAULT true,
  due_at timestamptz,
  document text,
  sealed_arguments bytea,
  reported integer NOT NULL DEFAULT 0,
  over_at timestamptz,
  PRIMARY KEY (organization_id, approval_id),
  CHECK ((version = 0) = (document IS NULL))
);
CREATE UNIQUE INDEX approval_open ON enclave.approval (organization_id, agent_id, identity) WHERE open;
CREATE INDEX approval_pending ON enclave.approval (organization_id, agent_id)
  WHERE open AND status = 'pending';
CREATE INDEX approval_due ON enclave.approval (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX approval_unreported ON enclave.approval (organization_id) WHERE reported < version;
CREATE INDEX approval_turn ON enclave.approval (organization_id, turn) WHERE turn IS NOT NULL;
CREATE INDEX approval_over ON enclave.approval (over_at) WHERE over_at IS NOT NULL;
CALL public.redoubt_protect('enclave.approval');
GRANT SELECT, INSERT, UPDATE ON enclave.approval TO redoubt_enclave;
GRANT DELETE ON enclave.approval TO redoubt_enclave;

-- One node wakes what is due, of whichever organization.
CREATE FUNCTION enclave.due_approvals(p_now timestamptz, p_limit integer)
  RETURNS TABLE (organization_id uuid, approval_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
  SELECT a.organization_id, a.approval_id
    FROM approval AS a
   WHERE a.due_at <= p_now
   ORDER BY a.due_at
   LIMIT p_limit
$$;

-- Deletes some of what was over before then; to be repeated until it answers less than it may.
CREATE FUNCTION enclave.purge_approvals(p_before timestamptz, p_limit integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
DECLARE
  purged integer;
BEGIN
  DELETE FROM approval
   WHERE ctid = ANY (ARRAY(SELECT ctid FROM approval
                            WHERE over_at < p_before AND reported >= version LIMIT p_limit));
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END
$$;

-- The link: what the control plane has not heard of yet.
CREATE FUNCTION enclave.unreported_approvals(p_limit integer)
  RETURNS TABLE (organization_id uuid, approval_id uuid, version integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
  SELECT a.organization_id, a.approval_id, a.version
    FROM approval AS a
   WHERE a.reported < a.version
   LIMIT p_limit
$$;

REVOKE ALL ON FUNCTION
  enclave.due_approvals(timestamptz, integer),
  enclave.purge_approvals(timestamptz, integer),
  enclave.unreported_approvals(integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  enclave.due_approvals(timestamptz, integer),
  enclave.purge_approvals(timestamptz, integer),
  enclave.unreported_approvals(integer)
TO redoubt_enclave;
