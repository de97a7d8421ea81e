-- What a request is shown with may change without a step of its own, also while it is being shown:
-- whoever shows it tells by this number whether that was the newest.
ALTER TABLE control.notice ADD COLUMN changes integer NOT NULL DEFAULT 0;
