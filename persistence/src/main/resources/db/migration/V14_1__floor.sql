-- What the platform forbids in every organization. The newest version counts; the others stay on record.
CREATE TABLE control.floor (
  version   bigint PRIMARY KEY CHECK (version > 0),
  documents jsonb NOT NULL,
  set_by    text NOT NULL,
  set_at    timestamptz NOT NULL
);
CALL public.redoubt_make_append_only('control.floor');
GRANT SELECT, INSERT ON control.floor TO redoubt_control;

-- Which floor is in it; 0: there was none.
ALTER TABLE control.policy_bundle ADD COLUMN floor bigint NOT NULL DEFAULT 0;

------------------------------------------------------------------------ listed functions
-- The floor is another: whose newest bundle has an older one? So many at a time, in the order of their ids.
CREATE FUNCTION control.organizations_below_floor(after uuid, most integer) RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp AS $$
  SELECT o.id
  FROM control.organization o
  CROSS JOIN LATERAL (
    SELECT b.floor FROM control.policy_bundle b
    WHERE b.organization_id = o.id ORDER BY b.version DESC LIMIT 1
  ) newest
  WHERE o.id > after AND newest.floor < (SELECT coalesce(max(version), 0) FROM control.floor)
  ORDER BY o.id LIMIT most
$$;

GRANT EXECUTE ON FUNCTION control.organizations_below_floor(uuid, integer) TO redoubt_control;
