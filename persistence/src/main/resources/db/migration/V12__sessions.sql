-- What an agent did lately, found by index: a recovered agent reads its session from the log.

ALTER TABLE enclave.audit ADD COLUMN act boolean NOT NULL DEFAULT false;
CREATE INDEX audit_acts ON enclave.audit (organization_id, agent_id, at DESC) WHERE act;

-- An agent's last acts, newest first. Walks the index, whatever the planner believes.
CREATE FUNCTION enclave.last_acts(p_agent uuid, p_limit integer)
  RETURNS TABLE (document text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
  SELECT a.document
    FROM audit AS a
   WHERE a.organization_id = public.redoubt_organization()
     AND a.agent_id = p_agent
     AND a.act
   ORDER BY a.at DESC
   LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION enclave.last_acts(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enclave.last_acts(uuid, integer) TO redoubt_enclave;

-- Writes a batch of audit lines of any organizations in one transaction and answers which of the
-- batch's fences held; intents under the others are not written. Kinds: 0 an intent, 1 a record that
-- is complete, 2 an outcome, 3 an act that was refused, complete too.
--
-- A line that is there already is left as it is. Lines are new but for the rare second attempt or
-- second outcome, so they are looked for only where a batch turned out to hold such a one.
--
-- The shared locks make raise_fence and close_incarnation wait for this transaction, and this one for
-- them; being queued in turn, neither starves. Their order, the same everywhere, avoids deadlock.
CREATE OR REPLACE FUNCTION enclave.write_audit(
  p_incarnation bigint, p_epoch integer,
  p_fence_organizations text[], p_fence_agents text[], p_fences bigint[],
  p_kinds integer[], p_ids text[], p_organizations text[], p_agents text[], p_micros bigint[],
  p_fence_numbers integer[], p_documents text[]
) RETURNS integer[]
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
DECLARE
  held integer[] := '{}';
BEGIN
  IF cardinality(p_fences) > 0 THEN
    PERFORM pg_advisory_xact_lock_shared(7251, p_incarnation::integer);
    IF EXISTS (SELECT FROM incarnation WHERE id = p_incarnation AND closed_at IS NULL) THEN
      PERFORM pg_advisory_xact_lock_shared(locks.key)
        FROM (SELECT DISTINCT uuid_hash_extended(agent::uuid, 0) AS key
                FROM unnest(p_fence_agents) AS agent
               ORDER BY key) AS locks;
      -- A statement of its own: its snapshot is taken after the locks are held.
      held := ARRAY(
        SELECT asked.number::integer
          FROM unnest(p_fence_organizations, p_fence_agents, p_fences)
               WITH ORDINALITY AS asked (organization, agent, fence, number)
          JOIN agent_fence AS stands
            ON stands.organization_id = asked.organization::uuid
           AND stands.agent_id = asked.agent::uuid
           AND stands.fence = asked.fence);
    END IF;
  END IF;

  BEGIN
    INSERT INTO audit
      (organization_id, id, epoch, half, awaits_outcome, act, incarnation, at, agent_id, document)
    SELECT line.organization::uuid,
           line.id::uuid,
           p_epoch,
           CASE line.kind WHEN 2 THEN 2 ELSE 1 END,
           line.kind = 0,
           line.kind IN (0, 3),
           p_incarnation,
           timestamptz 'epoch' + line.micros * interval '1 microsecond',
           line.agent::uuid,
           line.document
      FROM unnest(p_kinds, p_ids, p_organizations, p_agents, p_micros, p_fence_numbers, p_documents)
           AS line (kind, id, organization, agent, micros, fence_number, document)
     WHERE line.fence_number = 0 OR line.fence_number = ANY (held);
  EXCEPTION WHEN unique_violation THEN
    INSERT INTO audit
      (organization_id, id, epoch, half, awaits_outcome, act, incarnation, at, agent_id, document)
    SELECT line.organization::uuid,
           line.id::uuid,
           p_epoch,
           CASE line.kind WHEN 2 THEN 2 ELSE 1 END,
           line.kind = 0,
           line.kind IN (0, 3),
           p_incarnation,
           timestamptz 'epoch' + line.micros * interval '1 microsecond',
           line.agent::uuid,
           line.document
      FROM unnest(p_kinds, p_ids, p_organizations, p_agents, p_micros, p_fence_numbers, p_documents)
           AS line (kind, id, organization, agent, micros, fence_number, document)
     WHERE line.fence_number = 0 OR line.fence_number = ANY (held)
    ON CONFLICT (organization_id, id, half) DO NOTHING;
  END;

  RETURN held;
END
$$;
