-- When an organization's people are at work; NULL: as each of its enclaves is set.
ALTER TABLE control.organization ADD COLUMN working_hours jsonb;
