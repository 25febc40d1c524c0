-- Up Migration
-- Tokens handed out to users: refresh tokens, and the one-time tokens sent by mail. Only their hashes are kept.
-- Lock: SHARE ROW EXCLUSIVE on users (the foreign key), for as long as it takes to make an empty table.

CREATE TABLE auth_tokens (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  token_type text NOT NULL,
  token_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT auth_tokens_pkey PRIMARY KEY (id),
  CONSTRAINT auth_tokens_token_hash_key UNIQUE (token_hash),
  CONSTRAINT auth_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT auth_tokens_token_type_check CHECK (token_type IN ('refresh', 'email_verification', 'password_reset')),
  CONSTRAINT auth_tokens_token_hash_check CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  CONSTRAINT auth_tokens_expires_at_check CHECK (expires_at > created_at)
);

CREATE INDEX auth_tokens_user_id_idx ON auth_tokens (user_id, token_type);
CREATE INDEX auth_tokens_expires_at_idx ON auth_tokens (expires_at);

COMMENT ON TABLE auth_tokens IS
  'One row for each token handed out. A token is good while revoked_at is null and expires_at lies ahead.';
COMMENT ON COLUMN auth_tokens.token_type IS 'What the token is good for: refresh, email_verification or password_reset.';
COMMENT ON COLUMN auth_tokens.token_hash IS 'SHA-256 of the token, 64 hex digits in lower case; the token itself is kept nowhere.';
COMMENT ON COLUMN auth_tokens.last_used_at IS 'When the token last opened something; null until then.';
COMMENT ON COLUMN auth_tokens.revoked_at IS 'When the token was spent or withdrawn; null while it stands.';

-- Down Migration
-- Drops the table: every token handed out stops working.
-- Lock: ACCESS EXCLUSIVE on auth_tokens and (for its foreign key) users.

DROP TABLE auth_tokens;
