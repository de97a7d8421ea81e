-- What agents reserve of their budgets stands in their intents, and is found by its number: an agent
-- that is recovered reads from the log what it has spent.

--   reservation  counts the agent's reservations, each used once; NULL: nothing is reserved
ALTER TABLE enclave.audit ADD COLUMN reservation bigint CHECK (reservation > 0);
CREATE UNIQUE INDEX audit_reservation ON enclave.audit (organization_id, agent_id, reservation)
  WHERE reservation IS NOT NULL;

-- An agent's intents that reserve something, above a number, with their outcomes; lowest first.
-- Walks the index, whatever the planner believes.
CREATE FUNCTION enclave.reservations_above(p_agent uuid, p_above bigint, p_limit integer)
  RETURNS TABLE (id uuid, intent text, outcome text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
  SELECT a.id, a.document, b.document
    FROM audit AS a
    LEFT JOIN audit AS b
      ON b.organization_id = a.organization_id AND b.id = a.id AND b.half = 2
   WHERE a.organization_id = public.redoubt_organization()
     AND a.agent_id = p_agent
     AND a.reservation > p_above
   ORDER BY a.reservation
   LIMIT p_limit
$$;

-- Those of an agent's intents that have these ids.
CREATE FUNCTION enclave.reservations_of(p_agent uuid, p_ids text[])
  RETURNS TABLE (id uuid, intent text, outcome text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off
  SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
  SELECT a.id, a.document, b.document
    FROM unnest(p_ids) AS asked (id)
    JOIN audit AS a
      ON a.organization_id = public.redoubt_organization() AND a.id = asked.id::uuid AND a.half = 1
    LEFT JOIN audit AS b
      ON b.organization_id = a.organization_id AND b.id = a.id AND b.half = 2
   WHERE a.agent_id = p_agent AND a.reservation IS NOT NULL
$$;

-- Writes a batch of audit lines of any organizations in one transaction and answers which of the
-- batch's fences held; intents under the others are not written. Kinds: 0 an intent, 1 a record that
-- is complete, 2 an outcome, 3 an act that was refused, complete too. The one without reservations is
-- what nodes of the release before this one call.
--
-- A line that is there already is left as it is. Lines are new but for the rare second attempt or
-- second outcome, so they are looked for only where a batch turned out to hold such a one.
--
-- The shared locks make raise_fence and close_incarnation wait for this transaction, and this one for
-- them; being queued in turn, neither starves. Their order, the same everywhere, avoids deadlock.
CREATE FUNCTION enclave.write_audit(
  p_incarnation bigint, p_epoch integer,
  p_fence_organizations text[], p_fence_agents text[], p_fences bigint[],
  p_kinds integer[], p_ids text[], p_organizations text[], p_agents text[], p_micros bigint[],
  p_fence_numbers integer[], p_documents text[], p_reservations bigint[]
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
      (organization_id, id, epoch, half, awaits_outcome, act, incarnation, at, agent_id, document,
       reservation)
    SELECT line.organization::uuid,
           line.id::uuid,
           p_epoch,
           CASE line.kind WHEN 2 THEN 2 ELSE 1 END,
           line.kind = 0,
           line.kind IN (0, 3),
           p_incarnation,
           timestamptz 'epoch' + line.micros * interval '1 microsecond',
           line.agent::uuid,
           line.document,
           line.reservation
      FROM unnest(p_kinds, p_ids, p_organizations, p_agents, p_micros, p_fence_numbers, p_documents,
                  p_reservations)
           AS line (kind, id, organization, agent, micros, fence_number, document, reservation)
     WHERE line.fence_number = 0 OR line.fence_number = ANY (held);
  EXCEPTION WHEN unique_violation THEN
    INSERT INTO audit
      (organization_id, id, epoch, half, awaits_outcome, act, incarnation, at, agent_id, document,
       reservation)
    SELECT line.organization::uuid,
           line.id::uuid,
           p_epoch,
           CASE line.kind WHEN 2 THEN 2 ELSE 1 END,
           line.kind = 0,
           line.kind IN (0, 3),
           p_incarnation,
           timestamptz 'epoch' + line.micros * interval '1 microsecond',
           line.agent::uuid,
           line.document,
           line.reservation
      FROM unnest(p_kinds, p_ids, p_organizations, p_agents, p_micros, p_fence_numbers, p_documents,
                  p_reservations)
           AS line (kind, id, organization, agent, micros, fence_number, document, reservation)
     WHERE line.fence_number = 0 OR line.fence_number = ANY (held)
    ON CONFLICT (organization_id, id, half) DO NOTHING;
  END;

  RETURN held;
END
$$;

REVOKE ALL ON FUNCTION
  enclave.reservations_above(uuid, bigint, integer),
  enclave.reservations_of(uuid, text[]),
  enclave.write_audit(bigint, integer, text[], text[], bigint[], integer[], text[], text[], text[],
                      bigint[], integer[], text[], bigint[])
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  enclave.reservations_above(uuid, bigint, integer),
  enclave.reservations_of(uuid, text[]),
  enclave.write_audit(bigint, integer, text[], text[], bigint[], integer[], text[], text[], text[],
                      bigint[], integer[], text[], bigint[])
TO redoubt_enclave;

------------------------------------------------------------------------ what operators see of it
--   spending     how the agent's budget stood when its enclave last said so; NULL: it never did
ALTER TABLE control.agent
  ADD COLUMN spending jsonb,
  ADD COLUMN spending_at timestamptz,
  ADD CHECK ((spending IS NULL) = (spending_at IS NULL));
