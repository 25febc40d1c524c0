-- Up Migration
-- Lets tokens form sessions: a refresh token is replaced at every use, and its whole line ends when one is used twice;
-- a browser holds one session token; a program holds an API token with a name. Existing refresh tokens each begin a line.
-- Lock: ACCESS EXCLUSIVE on users and auth_tokens, briefly, and row locks on the refresh tokens that exist.

ALTER TABLE users ADD COLUMN token_version bigint NOT NULL DEFAULT 0;

ALTER TABLE auth_tokens
  ADD COLUMN session_id uuid,
  ADD COLUMN replaced_at timestamptz,
  ADD COLUMN name text,
  ADD COLUMN audiences text[],
  DROP CONSTRAINT auth_tokens_token_type_check,
  ADD CONSTRAINT auth_tokens_token_type_check
    CHECK (token_type IN ('refresh', 'session', 'api', 'email_verification', 'password_reset')) NOT VALID,
  ADD CONSTRAINT auth_tokens_name_check CHECK (btrim(name) <> '' AND length(name) <= 100) NOT VALID,
  ADD CONSTRAINT auth_tokens_api_check CHECK ((token_type = 'api') = (name IS NOT NULL)) NOT VALID,
  ADD CONSTRAINT auth_tokens_session_id_check
    CHECK ((token_type IN ('refresh', 'session', 'api')) = (session_id IS NOT NULL)) NOT VALID;

UPDATE auth_tokens SET session_id = id WHERE token_type = 'refresh';

COMMENT ON COLUMN users.token_version IS
  'Access tokens carry the version that they were issued at, and are good while it is not behind this one.';
COMMENT ON COLUMN auth_tokens.token_type IS
  'What the token is good for: refresh, session (of a browser), api, email_verification or password_reset.';
COMMENT ON COLUMN auth_tokens.session_id IS
  'What was begun by signing in: the same in a refresh token and all that replaced it, and in their access tokens. '
  'Null for tokens that go by mail.';
COMMENT ON COLUMN auth_tokens.replaced_at IS 'When a refresh token was used and another took its place; null until then.';
COMMENT ON COLUMN auth_tokens.name IS 'What its owner calls an API token; null for all others.';
COMMENT ON COLUMN auth_tokens.audiences IS 'The applications that an API token is good for; null for all of them.';

-- Down Migration
-- Forgets sessions. API tokens and browser sessions are deleted, since the table before knew neither, and so are refresh
-- tokens that were replaced, which would be good again.
-- Lock: ACCESS EXCLUSIVE on users and auth_tokens, for one reading of auth_tokens.

DELETE FROM auth_tokens WHERE token_type IN ('api', 'session') OR replaced_at IS NOT NULL;

ALTER TABLE auth_tokens
  DROP CONSTRAINT auth_tokens_token_type_check,
  ADD CONSTRAINT auth_tokens_token_type_check
    CHECK (token_type IN ('refresh', 'email_verification', 'password_reset')),
  DROP COLUMN audiences,
  DROP COLUMN name,
  DROP COLUMN replaced_at,
  DROP COLUMN session_id;

ALTER TABLE users DROP COLUMN token_version;

COMMENT ON COLUMN auth_tokens.token_type IS 'What the token is good for: refresh, email_verification or password_reset.';
