-- What a call to a model says, for those who decide about it.

--   sealed_prompt  an excerpt, and the whole request where it is small enough to be kept; NULL: the call
--                  is none to a model, or nothing of it may be shown
ALTER TABLE enclave.approval ADD COLUMN sealed_prompt bytea;
