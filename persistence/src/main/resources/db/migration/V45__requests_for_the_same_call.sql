-- Which call of its agent a request is for: whoever decides is told what became of those before.
-- Requests that were reported before have none, and are over within days.
ALTER TABLE control.approval ADD COLUMN action_digest text;
CREATE INDEX approval_of_call ON control.approval (organization_id, agent_id, action_digest, id);
