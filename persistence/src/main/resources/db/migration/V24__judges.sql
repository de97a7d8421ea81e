-- What models have judged in each organization and day (UTC), so that it comes to an end: taken before
-- a model is asked, in calls and in tokens.
CREATE TABLE enclave.judge_spend (
  organization_id uuid NOT NULL,
  day date NOT NULL,
  calls bigint NOT NULL CHECK (calls >= 0),
  tokens bigint NOT NULL CHECK (tokens >= 0),
  PRIMARY KEY (organization_id, day)
);
CALL public.redoubt_protect('enclave.judge_spend');
GRANT SELECT, INSERT, UPDATE, DELETE ON enclave.judge_spend TO redoubt_enclave;
