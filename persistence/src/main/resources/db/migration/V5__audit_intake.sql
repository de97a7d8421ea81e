-- Audit on its way up, made cheaper: both ends walk an index whatever the statistics of a growing
-- table say, and what nothing searches inside is kept as the text that came.

-- Planned once for a connection, while the table may still be empty.
ALTER FUNCTION enclave.audited_organizations() SET enable_seqscan = off;
ALTER FUNCTION enclave.organizations_with_news() SET enable_seqscan = off;
ALTER FUNCTION enclave.organizations_with_news() SET enable_bitmapscan = off;
ALTER FUNCTION enclave.next_audit(integer) SET enable_seqscan = off;
ALTER FUNCTION enclave.next_audit(integer) SET enable_bitmapscan = off;
ALTER FUNCTION enclave.confirm_audit(bigint) SET enable_seqscan = off;
ALTER FUNCTION enclave.confirm_audit(bigint) SET enable_bitmapscan = off;
ALTER FUNCTION enclave.open_intents(bigint, integer) SET enable_seqscan = off;
ALTER FUNCTION enclave.open_among(text[], text[]) SET enable_seqscan = off;

-- Rewritten, not changed: no trigger of an append-only table sees an ALTER.
ALTER TABLE control.audit_record ALTER COLUMN body TYPE text;
ALTER TABLE control.audit_outcome ALTER COLUMN body TYPE text;
