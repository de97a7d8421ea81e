-- What one node does for all the others, and how another takes it over.

------------------------------------------------------------------------ singletons
-- One row for each thing that one node does for all. The epoch counts its holders: whoever writes in
-- the name of one holds the row's lock while the transaction lasts, and finds its own epoch in it.
CREATE TABLE enclave.singleton (
  name text PRIMARY KEY,
  epoch bigint NOT NULL,
  node text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, UPDATE ON enclave.singleton TO redoubt_enclave;

-- The number of the command that said so: an older one does not undo it.
ALTER TABLE enclave.operator_trust ADD COLUMN command bigint NOT NULL DEFAULT 0;
