-- How one provider is reached: whose certificates are believed there instead of the platform's, and
-- how long a connection may take. Null: as the enclave's configuration says.
ALTER TABLE control.provider
  ADD COLUMN ca_pem text,
  ADD COLUMN connect_timeout_seconds integer;
