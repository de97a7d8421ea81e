-- Who wakes requests some time before they are due has to know when that is.
DROP FUNCTION enclave.due_approvals(timestamptz, integer);
CREATE FUNCTION enclave.due_approvals(p_now timestamptz, p_limit integer)
  RETURNS TABLE (organization_id uuid, approval_id uuid, due_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
  SELECT a.organization_id, a.approval_id, a.due_at
    FROM approval AS a
   WHERE a.due_at <= p_now
   ORDER BY a.due_at
   LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION enclave.due_approvals(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enclave.due_approvals(timestamptz, integer) TO redoubt_enclave;
