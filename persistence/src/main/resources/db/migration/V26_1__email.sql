-- E-mail is a channel, too: its notices keep in message who was told in the round of mails under way.
ALTER TABLE control.channel DROP CONSTRAINT channel_kind_check;
ALTER TABLE control.channel ADD CONSTRAINT channel_kind_check
  CHECK (kind IN ('slack', 'teams', 'webhook', 'email'));
