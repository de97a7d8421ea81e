-- What all agents of an organization may spend together.
ALTER TABLE control.organization ADD COLUMN budget jsonb NOT NULL DEFAULT '{}';
