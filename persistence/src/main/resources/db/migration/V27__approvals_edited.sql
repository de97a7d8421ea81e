-- Calls that whoever approves has changed: the request for the call as it was ends, and another stands
-- in its place.

--   edited_to  the request that stands in its place, however often that was changed since
ALTER TABLE enclave.approval DROP CONSTRAINT approval_status_check;
ALTER TABLE enclave.approval ADD CONSTRAINT approval_status_check
  CHECK (status IN
    ('pending', 'approved', 'denied', 'expired', 'consumed', 'cancelled', 'edited'));
ALTER TABLE enclave.approval ADD COLUMN edited_to uuid;
CREATE INDEX approval_edited ON enclave.approval (organization_id, agent_id, identity)
  WHERE edited_to IS NOT NULL;
CREATE INDEX approval_edited_to ON enclave.approval (organization_id, edited_to)
  WHERE edited_to IS NOT NULL;

ALTER TABLE control.approval DROP CONSTRAINT approval_status_check;
ALTER TABLE control.approval ADD CONSTRAINT approval_status_check
  CHECK (status IN
    ('pending', 'approved', 'denied', 'expired', 'consumed', 'cancelled', 'edited'));

--   why  the enclave refuses the change, in words for whoever wants it
ALTER TABLE control.approval_vote ADD COLUMN why text CHECK (length(why) <= 1000);

-- To what are the words for an enclave sealed that serves the current organization? NULL: it does not,
-- or has never said so.
CREATE FUNCTION control.enrolment_key_of(enclave uuid) RETURNS bytea
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT e.enrolment_key
    FROM control.enclave AS e
    JOIN control.enclave_organization AS s ON s.enclave_id = e.id
   WHERE e.id = enrolment_key_of.enclave AND s.organization_id = public.redoubt_organization()
$$;
REVOKE ALL ON FUNCTION control.enrolment_key_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control.enrolment_key_of(uuid) TO redoubt_control;
