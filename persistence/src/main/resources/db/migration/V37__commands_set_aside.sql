-- Orders to stop an agent that an enclave could not carry out, and what its control plane said of the
-- agent after them: the place in the log has moved past them, and they are tried again for as long as it
-- takes (G3). A row goes when that is over.
CREATE TABLE enclave.command_set_aside (
  organization_id uuid NOT NULL,
  number bigint NOT NULL CHECK (number > 0),
  envelope jsonb NOT NULL,
  since timestamptz NOT NULL,
  PRIMARY KEY (organization_id, number)
);
CALL public.redoubt_protect('enclave.command_set_aside');
GRANT SELECT, INSERT, DELETE ON enclave.command_set_aside TO redoubt_enclave;

-- The link: one node carries them out for all organizations, in the order in which they were said.
CREATE FUNCTION enclave.commands_set_aside(p_limit integer)
  RETURNS TABLE (envelope jsonb, since timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
  SELECT s.envelope, s.since FROM command_set_aside AS s ORDER BY s.number LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION enclave.commands_set_aside(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enclave.commands_set_aside(integer) TO redoubt_enclave;
