-- Up Migration
-- Proves the check of the migration before this one against the tokens that exist.
-- Lock: SHARE UPDATE EXCLUSIVE on auth_tokens, for one reading of it.

ALTER TABLE auth_tokens VALIDATE CONSTRAINT auth_tokens_session_ends_at_check;

-- Down Migration
-- Puts the check back as it was before: held for new rows, not proved for those that exist.
-- Lock: ACCESS EXCLUSIVE on auth_tokens, briefly.

ALTER TABLE auth_tokens
  DROP CONSTRAINT auth_tokens_session_ends_at_check,
  ADD CONSTRAINT auth_tokens_session_ends_at_check
    CHECK (session_ends_at IS NULL OR (token_type IN ('refresh', 'session') AND expires_at <= session_ends_at)) NOT VALID;
