-- What is left of requests for approval: those of agents that were stopped, and those that are over.

--   opened_at  when somebody wanted to make the request
ALTER TABLE enclave.approval ADD COLUMN opened_at timestamptz NOT NULL DEFAULT now();

--   raised_at  when the fence was raised last
ALTER TABLE enclave.agent_fence ADD COLUMN raised_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX agent_fence_raised ON enclave.agent_fence (raised_at);

-- As before, and notes when.
CREATE OR REPLACE FUNCTION enclave.raise_fence(p_organization uuid, p_agent uuid, p_fence bigint)
  RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_agent, 0));
  INSERT INTO agent_fence AS stands (organization_id, agent_id, fence)
    VALUES (p_organization, p_agent, p_fence)
  ON CONFLICT (organization_id, agent_id)
    DO UPDATE SET fence = excluded.fence, raised_at = now() WHERE stands.fence < excluded.fence;
END
$$;

-- Agents of which a request is open that was made before their fence was raised. Whoever asked just
-- before the fence was raised may come to the board a little after.
CREATE FUNCTION enclave.overtaken_agents(
  p_within interval, p_after_organization uuid, p_after_agent uuid, p_limit integer)
  RETURNS TABLE (organization_id uuid, agent_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
  SELECT DISTINCT a.organization_id, a.agent_id
    FROM agent_fence AS f
    JOIN approval AS a
      ON a.organization_id = f.organization_id AND a.agent_id = f.agent_id AND a.open
   WHERE f.raised_at > now() - p_within
     AND f.raised_at > a.opened_at - interval '30 s'
     AND (a.organization_id, a.agent_id) > (p_after_organization, p_after_agent)
   ORDER BY a.organization_id, a.agent_id
   LIMIT p_limit
$$;

-- As before, and deletes what their actors have written, which nothing can be added to: an actor that
-- has said that it is over writes no more. A new incarnation knows nothing, and nobody leads to it.
CREATE OR REPLACE FUNCTION enclave.purge_approvals(p_before timestamptz, p_limit integer)
  RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
DECLARE
  actors text[];
BEGIN
  WITH gone AS (
    DELETE FROM approval
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM approval
                              WHERE over_at < p_before AND reported >= version LIMIT p_limit))
    RETURNING organization_id, approval_id)
  SELECT coalesce(
           array_agg('Approval|org_' || replace(organization_id::text, '-', '')
                     || ':apr_' || replace(approval_id::text, '-', '')),
           '{}')
    INTO actors FROM gone;
  DELETE FROM event_journal WHERE persistence_id = ANY (actors);
  DELETE FROM snapshot WHERE persistence_id = ANY (actors);
  RETURN cardinality(actors);
END
$$;

REVOKE ALL ON FUNCTION enclave.overtaken_agents(interval, uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enclave.overtaken_agents(interval, uuid, uuid, integer)
  TO redoubt_enclave;
