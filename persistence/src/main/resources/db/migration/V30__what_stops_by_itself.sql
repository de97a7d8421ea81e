-- How long a node goes on without a heartbeat that is kept here; then it stops by itself. Its own word,
-- in milliseconds, since those who would take its place may be configured otherwise.
ALTER TABLE enclave.cluster_member
  ADD COLUMN goes_on_millis bigint NOT NULL DEFAULT 30000 CHECK (goes_on_millis > 0);

-- A family that ends is revoked in the transaction that keeps its end (G2): the node that was to tell
-- the others may die before it does, and every node reads the revocations twice a second. Six minutes:
-- an access token's life, and what clocks may differ.
CREATE FUNCTION enclave.revoke_ended_family() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
BEGIN
  IF convert_from(NEW.event_payload, 'UTF8')::jsonb ->> '@type' IN ('replay-detected', 'revoked') THEN
    INSERT INTO revocation AS r (organization_id, kind, subject, forget_at)
    VALUES (
      substring(split_part(NEW.persistence_id, '|', 2) FROM '^org_([0-9a-f]{32}):')::uuid,
      'family',
      split_part(NEW.persistence_id, ':', 2),
      clock_timestamp() + interval '6 minutes')
    ON CONFLICT (organization_id, kind, subject)
      DO UPDATE SET forget_at = greatest(r.forget_at, excluded.forget_at);
  END IF;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION enclave.revoke_ended_family() FROM PUBLIC;
CREATE TRIGGER revoke_ended_family AFTER INSERT ON enclave.event_journal
  FOR EACH ROW WHEN (NEW.persistence_id LIKE 'TokenFamily|%')
  EXECUTE FUNCTION enclave.revoke_ended_family();
