-- Schemas, and what every table of Redoubt builds on. Runs as redoubt_migrator, which owns everything
-- it makes; the roles themselves are made by whoever administers the server.

-- Nobody gets anything by default: each grant is written out where the object is made.
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format(
    'GRANT CONNECT ON DATABASE %I TO redoubt_migrator, redoubt_control, redoubt_enclave',
    current_database());
END
$$;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA control;
CREATE SCHEMA enclave;
GRANT USAGE ON SCHEMA control TO redoubt_control;
GRANT USAGE ON SCHEMA enclave TO redoubt_enclave;

-- Services look at the history to refuse a schema they were not built for.
GRANT USAGE ON SCHEMA migration TO redoubt_control, redoubt_enclave;
GRANT SELECT ON migration.flyway_schema_history TO redoubt_control, redoubt_enclave;

-- The organization of this transaction; NULL, which equals nothing, where none is set (G7).
CREATE FUNCTION public.redoubt_organization() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('redoubt.organization', true), '')::uuid;
GRANT EXECUTE ON FUNCTION public.redoubt_organization() TO redoubt_control, redoubt_enclave;

-- Closes a table that has a column organization_id: a service sees and writes its transaction's
-- organization only. The migrator's policy is for SECURITY DEFINER functions, which it owns.
CREATE PROCEDURE public.redoubt_protect(tenant_table regclass)
  LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
  EXECUTE format(
    'CREATE POLICY one_organization ON %s TO redoubt_control, redoubt_enclave'
    ' USING (organization_id = public.redoubt_organization())'
    ' WITH CHECK (organization_id = public.redoubt_organization())',
    tenant_table);
  EXECUTE format(
    'CREATE POLICY listed_functions ON %s TO redoubt_migrator USING (true) WITH CHECK (true)',
    tenant_table);
END
$$;

-- What is written stays as it is, whoever asks (G10).
CREATE FUNCTION public.redoubt_append_only() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'table %.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE PROCEDURE public.redoubt_make_append_only(audit_table regclass)
  LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format(
    'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s'
    ' FOR EACH STATEMENT EXECUTE FUNCTION public.redoubt_append_only()',
    audit_table);
  -- Also where a session pretends to be a replica.
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', audit_table);
END
$$;
