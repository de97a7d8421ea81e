-- What an enclave does while its control plane is away, and which node does it.

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

------------------------------------------------------------------------ the last heartbeat
--   heard_time    by the control plane's clock, as it was signed
--   heard_at      by the clock of the node that heard it
--   heard_command the newest command there was
--   heard_bundle  digest of the bundle there was; NULL: none was named
--   clock_mark    the latest time that the enclave's clocks are known to have shown
ALTER TABLE enclave.link_state
  ADD COLUMN heard_time timestamptz,
  ADD COLUMN heard_at timestamptz,
  ADD COLUMN heard_command bigint,
  ADD COLUMN heard_bundle text,
  ADD COLUMN clock_mark timestamptz,
  ADD CHECK ((heard_time IS NULL) = (heard_at IS NULL)
             AND (heard_time IS NULL) = (heard_command IS NULL));

-- The number of the command that said so: an older one does not undo it.
ALTER TABLE enclave.operator_trust ADD COLUMN command bigint NOT NULL DEFAULT 0;

------------------------------------------------------------------------ the organization's choice
ALTER TABLE control.organization
  ADD COLUMN offline_mode text NOT NULL DEFAULT 'freeze'
    CHECK (offline_mode IN ('freeze', 'continue'));
