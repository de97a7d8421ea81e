-- Where the nodes of an enclave find each other, and where it is decided which of them begins a
-- cluster: two that started at the same moment must not begin two.
--
--   session    this run of the node's process
--   address    host:port that other nodes reach it at; NULL until it is known
--   state      starting, founding (it begins the cluster) or member (it is in it)
--   beats      counts up for as long as the node lives; whether it moves is what tells a live node
--              from a dead one, whatever anybody's clock says
CREATE TABLE enclave.cluster_member (
  node text PRIMARY KEY,
  session uuid NOT NULL UNIQUE,
  enclave_id uuid NOT NULL,
  address text UNIQUE,
  state text NOT NULL DEFAULT 'starting' CHECK (state IN ('starting', 'founding', 'member')),
  release text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  beats bigint NOT NULL DEFAULT 0,
  beat_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON enclave.cluster_member TO redoubt_enclave;
