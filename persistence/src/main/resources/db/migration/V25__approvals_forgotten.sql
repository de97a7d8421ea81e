-- Requests for approval that have been over for long are forgotten at the control plane, as they are at
-- their enclaves. The audit log keeps for good what became of them.

CREATE INDEX approval_over ON control.approval (reported_at)
  WHERE status NOT IN ('pending', 'approved');

-- What hangs on a request, found by it.
CREATE INDEX approval_vote_of ON control.approval_vote (organization_id, approval_id);
CREATE INDEX notice_of ON control.notice (organization_id, approval_id);
CREATE INDEX channel_vote_of ON control.channel_vote (organization_id, approval_id);

-- Deletes some of what was over before then, with all that hangs on it; to be repeated until it answers
-- less than it may. Of what is still to be said in a channel nothing is taken away.
CREATE FUNCTION control.purge_approvals(p_before timestamptz, p_limit integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = control, pg_temp
AS $$
DECLARE
  organizations uuid[];
  ids uuid[];
BEGIN
  -- Locked, so that nothing is hung on them meanwhile; what another process holds, it deletes.
  SELECT coalesce(array_agg(gone.organization_id), '{}'), coalesce(array_agg(gone.id), '{}')
    INTO organizations, ids
    FROM (SELECT a.organization_id, a.id
            FROM approval AS a
           WHERE a.status NOT IN ('pending', 'approved') AND a.reported_at < p_before
             AND NOT EXISTS (SELECT FROM notice AS n
                              WHERE n.organization_id = a.organization_id AND n.approval_id = a.id
                                AND n.state = 'waiting')
           ORDER BY a.reported_at
           LIMIT p_limit
             FOR UPDATE SKIP LOCKED) AS gone;
  DELETE FROM notice AS n USING unnest(organizations, ids) AS gone (organization, id)
   WHERE n.organization_id = gone.organization AND n.approval_id = gone.id;
  DELETE FROM channel_vote AS v USING unnest(organizations, ids) AS gone (organization, id)
   WHERE v.organization_id = gone.organization AND v.approval_id = gone.id;
  DELETE FROM approval_vote AS v USING unnest(organizations, ids) AS gone (organization, id)
   WHERE v.organization_id = gone.organization AND v.approval_id = gone.id;
  DELETE FROM approval AS a USING unnest(organizations, ids) AS gone (organization, id)
   WHERE a.organization_id = gone.organization AND a.id = gone.id;
  RETURN cardinality(ids);
END
$$;

REVOKE ALL ON FUNCTION control.purge_approvals(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control.purge_approvals(timestamptz, integer) TO redoubt_control;
