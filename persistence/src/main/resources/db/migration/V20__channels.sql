-- Where people are told of requests for approval, outside of Redoubt: an organization's channels, and
-- what is still to be said there.

--   settings       all of it that operators may read
--   sealed         secrets; NULL: the channel is gone
--   app_id         whose callbacks are looked up here
--   secret_digest  of the secret that callbacks are signed with: one organization's and no other's
--   taken_by       the process that speaks there at the moment, until taken_until
--   held_until     nothing is said there before
--   failures       in a row
CREATE TABLE control.channel (
  organization_id uuid NOT NULL REFERENCES control.organization (id),
  kind            text NOT NULL CHECK (kind IN ('slack', 'webhook')),
  settings        jsonb NOT NULL,
  sealed          bytea,
  app_id          text,
  secret_digest   bytea,
  version         bigint NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  taken_by        uuid,
  taken_until     timestamptz,
  held_until      timestamptz,
  failures        integer NOT NULL DEFAULT 0,
  problem         text,
  PRIMARY KEY (organization_id, kind),
  CHECK ((sealed IS NULL) = (deleted_at IS NOT NULL))
);
CREATE UNIQUE INDEX channel_secret ON control.channel (secret_digest) WHERE deleted_at IS NULL;
CREATE INDEX channel_app ON control.channel (kind, app_id) WHERE deleted_at IS NULL AND app_id IS NOT NULL;

-- Which member somebody there is.
CREATE TABLE control.channel_member (
  organization_id uuid NOT NULL,
  kind            text NOT NULL,
  user_id         text NOT NULL,
  member_id       uuid NOT NULL,
  PRIMARY KEY (organization_id, kind, user_id),
  FOREIGN KEY (organization_id, kind) REFERENCES control.channel (organization_id, kind),
  FOREIGN KEY (organization_id, member_id) REFERENCES control.member (organization_id, id)
);

-- What is to be said: one row for each request and channel, however many steps it takes, and one for
-- each word to one person.
--   id        the request's; a whisper's own
--   whisper   who is told what; NULL: the channel is told how the request stands
--   wanted    version of the request to be shown; shown: the one that is
--   standing  what was said of it so far
--   message   where it is shown
--   begun     somebody began to show it, and has not said what came of it
CREATE TABLE control.notice (
  organization_id uuid NOT NULL,
  kind            text NOT NULL,
  id              uuid NOT NULL,
  approval_id     uuid NOT NULL,
  whisper         jsonb,
  wanted          integer NOT NULL,
  shown           integer NOT NULL DEFAULT 0,
  standing        jsonb,
  message         jsonb,
  begun           boolean NOT NULL DEFAULT false,
  state           text NOT NULL CHECK (state IN ('waiting', 'told', 'dead', 'missed')),
  due_at          timestamptz NOT NULL,
  give_up_at      timestamptz NOT NULL,
  attempts        integer NOT NULL DEFAULT 0,
  problem         text,
  asked_at        timestamptz NOT NULL,
  changed_at      timestamptz NOT NULL,
  PRIMARY KEY (organization_id, kind, id),
  FOREIGN KEY (organization_id, kind) REFERENCES control.channel (organization_id, kind),
  FOREIGN KEY (organization_id, approval_id) REFERENCES control.approval (organization_id, id)
);
CREATE INDEX notice_waiting ON control.notice (organization_id, kind, due_at) WHERE state = 'waiting';
CREATE INDEX notice_overdue ON control.notice (give_up_at) WHERE state = 'waiting';
CREATE INDEX notice_over ON control.notice (changed_at) WHERE state <> 'waiting';

-- Callbacks that were taken, so that none is taken twice, and the votes that came of them.
CREATE TABLE control.channel_callback (
  organization_id uuid NOT NULL,
  kind            text NOT NULL,
  signature       bytea NOT NULL,
  at              timestamptz NOT NULL,
  PRIMARY KEY (organization_id, kind, signature)
);
CREATE INDEX channel_callback_at ON control.channel_callback (at);

CREATE TABLE control.channel_vote (
  organization_id uuid NOT NULL,
  vote            bytea NOT NULL,
  enclave_id      uuid NOT NULL,
  command_number  bigint NOT NULL,
  approval_id     uuid NOT NULL,
  at              timestamptz NOT NULL,
  PRIMARY KEY (organization_id, vote),
  FOREIGN KEY (organization_id, approval_id) REFERENCES control.approval (organization_id, id)
);
CREATE INDEX channel_vote_at ON control.channel_vote (at);

CALL public.redoubt_protect('control.channel');
CALL public.redoubt_protect('control.channel_member');
CALL public.redoubt_protect('control.notice');
CALL public.redoubt_protect('control.channel_callback');
CALL public.redoubt_protect('control.channel_vote');
GRANT SELECT, INSERT, UPDATE ON control.channel, control.notice TO redoubt_control;
GRANT SELECT, INSERT ON control.channel_callback, control.channel_vote TO redoubt_control;
GRANT SELECT, INSERT, UPDATE, DELETE ON control.channel_member TO redoubt_control;

-- One process speaks in a channel at a time: takes some where something is to be said, those first that
-- were served longest ago.
CREATE FUNCTION control.take_channels(p_by uuid, p_now timestamptz, p_until timestamptz, p_limit integer)
  RETURNS TABLE (organization_id uuid, kind text)
  LANGUAGE sql SECURITY DEFINER SET search_path = control, pg_temp
AS $$
  UPDATE channel AS c
     SET taken_by = p_by, taken_until = p_until
   WHERE (c.organization_id, c.kind) IN (
     SELECT d.organization_id, d.kind
       FROM channel AS d
      WHERE d.deleted_at IS NULL
        AND (d.taken_until IS NULL OR d.taken_until <= p_now)
        AND (d.held_until IS NULL OR d.held_until <= p_now)
        AND EXISTS (SELECT FROM notice AS n
                     WHERE n.organization_id = d.organization_id AND n.kind = d.kind
                       AND n.state = 'waiting' AND n.due_at <= p_now)
      ORDER BY d.taken_until NULLS FIRST
      LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED)
  RETURNING c.organization_id, c.kind
$$;

-- Whose notices nobody tries any longer.
CREATE FUNCTION control.organizations_with_overdue_notices(p_now timestamptz, p_limit integer)
  RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp
AS $$
  SELECT DISTINCT o.organization_id
    FROM (SELECT n.organization_id FROM notice AS n
           WHERE n.state = 'waiting' AND n.give_up_at <= p_now
           ORDER BY n.give_up_at LIMIT p_limit) AS o
$$;

-- How many wait and how many were given up, everywhere: for the metrics.
CREATE FUNCTION control.count_notices()
  RETURNS TABLE (waiting bigint, oldest timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp
AS $$
  SELECT count(*), min(n.asked_at) FROM notice AS n WHERE n.state = 'waiting'
$$;

-- Who may have sent a callback: the channels of an app, the eldest first, so that nobody who names it
-- later comes before.
CREATE FUNCTION control.channels_of_app(p_kind text, p_app text, p_limit integer)
  RETURNS TABLE (organization_id uuid, settings jsonb, sealed bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = control, pg_temp
AS $$
  SELECT c.organization_id, c.settings, c.sealed
    FROM channel AS c
   WHERE c.kind = p_kind AND c.app_id = p_app AND c.deleted_at IS NULL
   ORDER BY c.created_at, c.organization_id
   LIMIT p_limit
$$;

-- Deletes some of what is over; to be repeated until it answers less than it may.
CREATE FUNCTION control.purge_channels(
    p_notices_before timestamptz, p_callbacks_before timestamptz, p_limit integer)
  RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = control, pg_temp
AS $$
DECLARE
  most integer := 0;
  purged integer;
BEGIN
  DELETE FROM notice
   WHERE ctid = ANY (ARRAY(SELECT n.ctid FROM notice AS n
                            WHERE n.state <> 'waiting' AND n.changed_at < p_notices_before
                            LIMIT p_limit));
  GET DIAGNOSTICS purged = ROW_COUNT;
  most := greatest(most, purged);
  DELETE FROM channel_callback
   WHERE ctid = ANY (ARRAY(SELECT c.ctid FROM channel_callback AS c
                            WHERE c.at < p_callbacks_before LIMIT p_limit));
  GET DIAGNOSTICS purged = ROW_COUNT;
  most := greatest(most, purged);
  DELETE FROM channel_vote
   WHERE ctid = ANY (ARRAY(SELECT v.ctid FROM channel_vote AS v
                            WHERE v.at < p_notices_before LIMIT p_limit));
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN greatest(most, purged);
END
$$;

REVOKE ALL ON FUNCTION
  control.take_channels(uuid, timestamptz, timestamptz, integer),
  control.organizations_with_overdue_notices(timestamptz, integer),
  control.count_notices(),
  control.channels_of_app(text, text, integer),
  control.purge_channels(timestamptz, timestamptz, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  control.take_channels(uuid, timestamptz, timestamptz, integer),
  control.organizations_with_overdue_notices(timestamptz, integer),
  control.count_notices(),
  control.channels_of_app(text, text, integer),
  control.purge_channels(timestamptz, timestamptz, integer)
TO redoubt_control;
