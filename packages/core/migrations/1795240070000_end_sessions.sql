-- Up Migration
-- Gives each session an end that no use puts off. Sessions that exist end with the token
-- that they hold.
-- Lock: ACCESS EXCLUSIVE on auth_tokens, briefly.

ALTER TABLE auth_tokens
  ADD COLUMN session_ends_at timestamptz,
  ADD CONSTRAINT auth_tokens_session_ends_at_check
    CHECK (session_ends_at IS NULL OR (token_type IN ('refresh', 'session') AND expires_at <= session_ends_at)) NOT VALID;

COMMENT ON COLUMN auth_tokens.session_ends_at IS
  'When a refresh or session token''s session ends, however much it is used; null for other tokens and for sessions older '
  'than this column, which end at expires_at.';

-- Down Migration
-- Forgets when sessions end: used often enough, they no longer do.
-- Lock: ACCESS EXCLUSIVE on auth_tokens, briefly.

ALTER TABLE auth_tokens DROP COLUMN session_ends_at;
