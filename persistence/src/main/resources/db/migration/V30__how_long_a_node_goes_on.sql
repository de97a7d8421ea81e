-- How long a node goes on without a heartbeat that is kept here; then it stops by itself. Its own word,
-- in milliseconds, since those who would take its place may be configured otherwise.
ALTER TABLE enclave.cluster_member
  ADD COLUMN goes_on_millis bigint NOT NULL DEFAULT 30000 CHECK (goes_on_millis > 0);
