-- Payloads, written for less: a row is two in each call of a model.

-- Rows come in the order in which they are to be deleted, but for organizations with another retention:
-- a range of pages is told by its oldest and its newest, and nothing is inserted for each row.
DROP INDEX enclave.payload_delete_after;
CREATE INDEX payload_delete_after ON enclave.payload USING brin (delete_after) WITH (pages_per_range = 32);

-- Keeps a batch of payloads of any organizations; one that is there already is left as it is. Payloads
-- are new but for the rare second attempt, so they are looked for only where a batch turned out to hold
-- such a one.
CREATE OR REPLACE FUNCTION enclave.write_payloads(
  p_organizations text[], p_actions text[], p_parts integer[], p_agents text[],
  p_media_types text[], p_truncated integer[], p_at_micros bigint[], p_delete_micros bigint[],
  p_bodies bytea[]
) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
BEGIN
  BEGIN
    INSERT INTO payload (organization_id, action_id, part, agent_id, media_type, truncated, at,
                         delete_after, sealed_body)
    SELECT p.organization::uuid, p.action::uuid, p.part, p.agent::uuid, p.media_type,
           p.truncated = 1,
           timestamptz 'epoch' + p.at_micros * interval '1 microsecond',
           timestamptz 'epoch' + p.delete_micros * interval '1 microsecond',
           p.body
      FROM unnest(p_organizations, p_actions, p_parts, p_agents, p_media_types, p_truncated,
                  p_at_micros, p_delete_micros, p_bodies)
           AS p (organization, action, part, agent, media_type, truncated, at_micros, delete_micros,
                 body);
  EXCEPTION WHEN unique_violation THEN
    INSERT INTO payload (organization_id, action_id, part, agent_id, media_type, truncated, at,
                         delete_after, sealed_body)
    SELECT p.organization::uuid, p.action::uuid, p.part, p.agent::uuid, p.media_type,
           p.truncated = 1,
           timestamptz 'epoch' + p.at_micros * interval '1 microsecond',
           timestamptz 'epoch' + p.delete_micros * interval '1 microsecond',
           p.body
      FROM unnest(p_organizations, p_actions, p_parts, p_agents, p_media_types, p_truncated,
                  p_at_micros, p_delete_micros, p_bodies)
           AS p (organization, action, part, agent, media_type, truncated, at_micros, delete_micros,
                 body)
    ON CONFLICT DO NOTHING;
  END;
END
$$;

-- Deletes some of what is past its retention; to be repeated until it answers less than it may.
CREATE OR REPLACE FUNCTION enclave.purge_payloads(p_now timestamptz, p_limit integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = enclave, pg_temp
AS $$
DECLARE
  purged integer;
BEGIN
  DELETE FROM payload
   WHERE ctid = ANY (ARRAY(SELECT ctid FROM payload WHERE delete_after <= p_now LIMIT p_limit));
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END
$$;
