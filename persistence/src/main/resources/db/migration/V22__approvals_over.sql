-- What is left of requests for approval when a node dies, or an agent is stopped.

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

REVOKE ALL ON FUNCTION enclave.overtaken_agents(interval, uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enclave.overtaken_agents(interval, uuid, uuid, integer)
  TO redoubt_enclave;
