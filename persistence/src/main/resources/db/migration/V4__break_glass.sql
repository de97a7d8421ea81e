-- What an enclave must know by itself while its control plane is away: which operators to believe,
-- and which agents it has stopped or let go meanwhile.

-- The last word of the control plane on an organization's operators: keys, and digests of the
-- break-glass clients' secrets.
CREATE TABLE enclave.operator_trust (
  organization_id uuid PRIMARY KEY,
  document jsonb NOT NULL,
  put_at timestamptz NOT NULL DEFAULT now()
);
CALL public.redoubt_protect('enclave.operator_trust');
GRANT SELECT, INSERT, UPDATE ON enclave.operator_trust TO redoubt_enclave;

-- Agents whose state the control plane is to be told; a row goes when it was.
CREATE TABLE enclave.unreported_agent (
  organization_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (organization_id, agent_id)
);
CREATE INDEX unreported_agent_noted_at ON enclave.unreported_agent (noted_at);
CALL public.redoubt_protect('enclave.unreported_agent');
GRANT SELECT, INSERT, UPDATE, DELETE ON enclave.unreported_agent TO redoubt_enclave;

------------------------------------------------------------------------ listed functions
-- The public key of that name, whichever organization it was handed down for: a token names its key
-- before it can be believed about its organization.
CREATE FUNCTION enclave.operator_key(p_kid text) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
  SELECT key
    FROM operator_trust AS t
   CROSS JOIN LATERAL jsonb_array_elements(t.document -> 'keys' -> 'keys') AS key
   WHERE key ->> 'kid' = p_kid
   LIMIT 1
$$;

-- The organization of a break-glass client.
CREATE FUNCTION enclave.organization_of_client(p_client text) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
  SELECT organization_id
    FROM operator_trust
   WHERE document -> 'clients' @> jsonb_build_array(jsonb_build_object('client_id', p_client))
   LIMIT 1
$$;

CREATE FUNCTION enclave.oldest_unreported_agents(p_limit integer)
  RETURNS TABLE (organization_id uuid, agent_id uuid, noted_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
  SELECT organization_id, agent_id, noted_at FROM unreported_agent ORDER BY noted_at LIMIT p_limit
$$;

GRANT EXECUTE ON FUNCTION
  enclave.operator_key(text),
  enclave.organization_of_client(text),
  enclave.oldest_unreported_agents(integer)
TO redoubt_enclave;
