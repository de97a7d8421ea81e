-- The machine and network namespace that a node is on, if it can tell: a loopback address means something
-- to those alone who are on the same.
ALTER TABLE enclave.cluster_member
  ADD COLUMN machine text CHECK (length(machine) BETWEEN 1 AND 200);
