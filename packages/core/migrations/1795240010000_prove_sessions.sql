-- Up Migration
-- Proves the checks of the migration before this one against the tokens that exist.
-- Lock: SHARE UPDATE EXCLUSIVE on auth_tokens, for one reading of it.

ALTER TABLE auth_tokens
  VALIDATE CONSTRAINT auth_tokens_token_type_check,
  VALIDATE CONSTRAINT auth_tokens_name_check,
  VALIDATE CONSTRAINT auth_tokens_api_check,
  VALIDATE CONSTRAINT auth_tokens_session_id_check;

-- Down Migration
-- Puts the checks back as they were before: held for new rows, not proved for those that exist.
-- Lock: ACCESS EXCLUSIVE on auth_tokens, briefly.

ALTER TABLE auth_tokens
  DROP CONSTRAINT auth_tokens_token_type_check,
  ADD CONSTRAINT auth_tokens_token_type_check
    CHECK (token_type IN ('refresh', 'session', 'api', 'email_verification', 'password_reset')) NOT VALID,
  DROP CONSTRAINT auth_tokens_name_check,
  ADD CONSTRAINT auth_tokens_name_check
    CHECK (btrim(name) <> '' AND length(name) <= 100) NOT VALID,
  DROP CONSTRAINT auth_tokens_api_check,
  ADD CONSTRAINT auth_tokens_api_check
    CHECK ((token_type = 'api') = (name IS NOT NULL)) NOT VALID,
  DROP CONSTRAINT auth_tokens_session_id_check,
  ADD CONSTRAINT auth_tokens_session_id_check
    CHECK ((token_type IN ('refresh', 'session', 'api')) = (session_id IS NOT NULL)) NOT VALID;
