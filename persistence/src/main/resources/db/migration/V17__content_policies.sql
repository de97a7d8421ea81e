-- What is done in every organization about what inspectors find: of the platform's floor, and versioned with it.
-- NULL: nothing in particular. What organizations say themselves are parts of their drafts, of kind content.
ALTER TABLE control.floor ADD COLUMN content jsonb;
