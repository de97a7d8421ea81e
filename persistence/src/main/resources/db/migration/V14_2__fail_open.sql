-- Whether agents may act where no policy of the organization is known, what it does instead, and who has
-- acknowledged that. All are there, or none: then it fails closed.
ALTER TABLE control.organization
  ADD COLUMN fail_open_controls text,
  ADD COLUMN fail_open_by text,
  ADD COLUMN fail_open_at timestamptz,
  ADD CHECK ((fail_open_controls IS NULL) = (fail_open_by IS NULL)
             AND (fail_open_controls IS NULL) = (fail_open_at IS NULL));
