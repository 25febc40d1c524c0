-- Up Migration
-- atriz: no-transaction
-- Finds the tokens of a session, which end together.
-- Lock: SHARE UPDATE EXCLUSIVE on auth_tokens, while others write.

CREATE INDEX CONCURRENTLY IF NOT EXISTS auth_tokens_session_id_idx ON auth_tokens (session_id);

-- Down Migration
-- Drops the index.
-- Lock: ACCESS EXCLUSIVE on auth_tokens, briefly.

DROP INDEX auth_tokens_session_id_idx;
