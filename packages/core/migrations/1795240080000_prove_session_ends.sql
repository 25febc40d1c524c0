-- Up Migration
-- Proves the check of the migration before this one against the tokens that exist.
-- Lock: SHARE UPDATE EXCLUSIVE on auth_tokens, for one reading of it.

ALTER TABLE auth_tokens VALIDATE CONSTRAINT auth_tokens_session_ends_at_check;

-- Down Migration
-- Nothing to undo: a check that was proved holds for new rows as before.
-- Lock: none.

SELECT;
