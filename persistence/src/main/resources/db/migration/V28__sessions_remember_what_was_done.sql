-- A session remembers what was done apart from what was refused: an agent that is refused over and over
-- forgets nothing that it did. So both are found by index, each on its own. A model that judges one of
-- an agent's requests is no act of the agent's; its lines have their place in the document only, which
-- no text inside of it can imitate, since the quotes of a text are escaped.
CREATE INDEX audit_sessions ON enclave.audit (organization_id, agent_id, awaits_outcome, at DESC)
  WHERE act AND strpos(document, '"plane":"approval"') = 0;

-- An agent's last acts, newest first: so many that were permitted, and so many that were refused. Walks
-- the index, whatever the planner believes; what is left to be sorted is that little.
CREATE OR REPLACE FUNCTION enclave.last_acts(p_agent uuid, p_limit integer)
  RETURNS TABLE (document text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
  SELECT acts.document
    FROM ((SELECT a.at, a.document
             FROM audit AS a
            WHERE a.organization_id = public.redoubt_organization()
              AND a.agent_id = p_agent
              AND a.awaits_outcome
              AND a.act
              AND strpos(a.document, '"plane":"approval"') = 0
            ORDER BY a.at DESC
            LIMIT p_limit)
          UNION ALL
          (SELECT a.at, a.document
             FROM audit AS a
            WHERE a.organization_id = public.redoubt_organization()
              AND a.agent_id = p_agent
              AND NOT a.awaits_outcome
              AND a.act
              AND strpos(a.document, '"plane":"approval"') = 0
            ORDER BY a.at DESC
            LIMIT p_limit)) AS acts
   ORDER BY acts.at DESC
$$;

DROP INDEX enclave.audit_acts;
