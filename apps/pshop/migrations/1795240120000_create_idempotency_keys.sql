-- Up Migration
-- Which requests were carried out already, by the key that a client gave them: the row is written in the transaction of
-- what the request makes, so one is there exactly when the other is.
-- Lock: none on existing tables; a new table only.

CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  made_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key),
  CONSTRAINT idempotency_keys_key_check CHECK (btrim(key) <> '' AND length(key) <= 255),
  CONSTRAINT idempotency_keys_request_hash_check CHECK (request_hash ~ '^[0-9a-f]{64}$')
);

CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency_keys_own ON idempotency_keys
  USING (user_id = (SELECT current_user_id()))
  WITH CHECK (user_id = (SELECT current_user_id()));

COMMENT ON TABLE idempotency_keys IS
  'Requests that were carried out and what they made, so that the same one again is answered and not carried out again.';
COMMENT ON COLUMN idempotency_keys.user_id IS 'Cross-database reference: users.id of atriz_shared, whose key it is.';
COMMENT ON COLUMN idempotency_keys.key IS 'As the client chose it; means nothing between users.';
COMMENT ON COLUMN idempotency_keys.request_hash IS
  'SHA-256, in hexadecimal, of what was asked: another request of the same key is refused.';
COMMENT ON COLUMN idempotency_keys.made_id IS 'The sales.id or refunds.id that the request made, which is its answer.';
COMMENT ON POLICY idempotency_keys_own ON idempotency_keys IS 'A key is read and written by its user only.';

-- Down Migration
-- Drops the table; a request that is repeated is then carried out again.
-- Lock: ACCESS EXCLUSIVE on idempotency_keys.

DROP TABLE idempotency_keys;
