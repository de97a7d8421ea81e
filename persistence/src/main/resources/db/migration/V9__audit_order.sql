-- Whoever reads audit in its order walks the index of that order, whatever the planner believes. A
-- plan is made once for a connection, often while the table is empty; one that finds an
-- organization's lines by its primary key is as good then, and reads all of them for ever after.
-- An order that only one index has, and sorting forbidden, leaves no other plan.

CREATE OR REPLACE FUNCTION enclave.organizations_with_news() RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
  SELECT o.organization_id
    FROM audited_organizations() AS o (organization_id)
   CROSS JOIN LATERAL (
     SELECT a.epoch, a.txid
       FROM audit AS a
      WHERE a.organization_id = o.organization_id
        AND (a.epoch, a.txid, a.ordering)
            > (coalesce((SELECT c.epoch FROM audit_cursor AS c
                          WHERE c.organization_id = o.organization_id), 0),
               coalesce((SELECT c.txid FROM audit_cursor AS c
                          WHERE c.organization_id = o.organization_id), '0'),
               coalesce((SELECT c.ordering FROM audit_cursor AS c
                          WHERE c.organization_id = o.organization_id), 0))
      ORDER BY a.epoch, a.txid, a.ordering
      LIMIT 1) AS first
   WHERE first.txid < pg_snapshot_xmin(pg_current_snapshot())
      OR first.epoch < (SELECT max(e.epoch) FROM audit_epoch AS e)
$$;

CREATE OR REPLACE FUNCTION enclave.next_audit(p_limit integer)
  RETURNS TABLE (number bigint, half smallint, document text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
  here uuid := public.redoubt_organization();
  oldest xid8 := pg_snapshot_xmin(pg_current_snapshot());
  newest integer := (SELECT max(e.epoch) FROM audit_epoch AS e);
  c audit_cursor;
BEGIN
  SELECT * INTO c FROM audit_cursor AS stands WHERE stands.organization_id = here;
  RETURN QUERY
    SELECT coalesce(c.number, 0) + row_number() OVER (), a.half, a.document
      FROM (SELECT line.half, line.document
              FROM audit AS line
             WHERE line.organization_id = here
               AND (line.epoch, line.txid, line.ordering)
                   > (coalesce(c.epoch, 0), coalesce(c.txid, '0'), coalesce(c.ordering, 0))
               AND (line.txid < oldest OR line.epoch < newest)
             ORDER BY line.epoch, line.txid, line.ordering
             LIMIT p_limit) AS a;
END
$$;

-- The same, and it reads no more of the lines than their places.
CREATE OR REPLACE FUNCTION enclave.confirm_audit(p_number bigint) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = enclave, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
  here uuid := public.redoubt_organization();
  oldest xid8 := pg_snapshot_xmin(pg_current_snapshot());
  newest integer := (SELECT max(e.epoch) FROM audit_epoch AS e);
  c audit_cursor;
  line record;
BEGIN
  INSERT INTO audit_cursor (organization_id) VALUES (here) ON CONFLICT DO NOTHING;
  SELECT * INTO c FROM audit_cursor WHERE organization_id = here FOR UPDATE;
  IF p_number <= c.number THEN
    RETURN true;
  END IF;
  SELECT a.epoch, a.txid, a.ordering INTO line
    FROM audit AS a
   WHERE a.organization_id = here
     AND (a.epoch, a.txid, a.ordering) > (c.epoch, c.txid, c.ordering)
     AND (a.txid < oldest OR a.epoch < newest)
   ORDER BY a.epoch, a.txid, a.ordering
  OFFSET p_number - c.number - 1 LIMIT 1;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE audit_cursor
     SET epoch = line.epoch, txid = line.txid, ordering = line.ordering, number = p_number
   WHERE organization_id = here;
  RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION enclave.open_intents(p_incarnation bigint, p_limit integer)
  RETURNS TABLE (organization_id uuid, id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
  SELECT open.organization_id, open.id
    FROM incarnation AS i
   CROSS JOIN audited_organizations() AS o (organization_id)
   CROSS JOIN LATERAL (
     SELECT a.organization_id, a.id
       FROM audit AS a
      WHERE a.organization_id = o.organization_id
        AND (a.epoch, a.txid) >= (i.floor_epoch, i.floor)
        AND a.incarnation = i.id
        AND a.half = 1
        AND a.awaits_outcome
        AND NOT EXISTS (SELECT FROM audit AS b
                         WHERE b.organization_id = a.organization_id AND b.id = a.id AND b.half = 2)
      ORDER BY a.epoch, a.txid, a.ordering
      LIMIT p_limit) AS open
   WHERE i.id = p_incarnation
   LIMIT p_limit
$$;

-- Writes a batch of audit lines of any organizations in one transaction and answers which of the
-- batch's fences held; intents under the others are not written. Kinds: 0 an intent, 1 a record that
-- is complete, 2 an outcome.
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
      (organization_id, id, epoch, half, awaits_outcome, incarnation, at, agent_id, document)
    SELECT line.organization::uuid,
           line.id::uuid,
           p_epoch,
           CASE line.kind WHEN 2 THEN 2 ELSE 1 END,
           line.kind = 0,
           p_incarnation,
           timestamptz 'epoch' + line.micros * interval '1 microsecond',
           line.agent::uuid,
           line.document
      FROM unnest(p_kinds, p_ids, p_organizations, p_agents, p_micros, p_fence_numbers, p_documents)
           AS line (kind, id, organization, agent, micros, fence_number, document)
     WHERE line.fence_number = 0 OR line.fence_number = ANY (held);
  EXCEPTION WHEN unique_violation THEN
    INSERT INTO audit
      (organization_id, id, epoch, half, awaits_outcome, incarnation, at, agent_id, document)
    SELECT line.organization::uuid,
           line.id::uuid,
           p_epoch,
           CASE line.kind WHEN 2 THEN 2 ELSE 1 END,
           line.kind = 0,
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
