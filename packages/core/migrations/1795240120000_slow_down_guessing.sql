-- Up Migration
-- What slows the guessing of passwords down: failures by who was tried from where, so that they count over every process
-- and survive a restart, and the addresses at which a user has signed in, which a stranger's failures do not slow down.
-- Lock: SHARE ROW EXCLUSIVE on users (the foreign key), for as long as it takes to make empty tables.

CREATE TABLE sign_in_attempts (
  subject text NOT NULL,
  failures bigint NOT NULL DEFAULT 0,
  last_failed_at timestamptz NOT NULL DEFAULT now(),
  blocked_until timestamptz,
  CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (subject),
  CONSTRAINT sign_in_attempts_subject_check CHECK (length(subject) <= 200),
  CONSTRAINT sign_in_attempts_failures_check CHECK (failures >= 0)
);

CREATE INDEX sign_in_attempts_last_failed_at_idx ON sign_in_attempts (last_failed_at);

CREATE TABLE sign_in_addresses (
  user_id uuid NOT NULL,
  address_hash text NOT NULL,
  signed_in_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT sign_in_addresses_pkey PRIMARY KEY (user_id, address_hash),
  CONSTRAINT sign_in_addresses_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT sign_in_addresses_address_hash_check CHECK (address_hash ~ '^[0-9a-f]{64}$')
);

CREATE INDEX sign_in_addresses_signed_in_at_idx ON sign_in_addresses (signed_in_at);

COMMENT ON TABLE sign_in_attempts IS
  'Failed attempts to sign in since the last that succeeded, by what they have in common.';
COMMENT ON COLUMN sign_in_attempts.subject IS
  'What is counted: an account, an address, or both, each as a hash, after a word that says which.';
COMMENT ON COLUMN sign_in_attempts.blocked_until IS 'Attempts are refused unseen until then; null while they are free.';
COMMENT ON TABLE sign_in_addresses IS 'Where each user has signed in from.';
COMMENT ON COLUMN sign_in_addresses.address_hash IS
  'SHA-256 of the IPv4 address, or of the /64 network of an IPv6 address, 64 hex digits in lower case.';

-- Down Migration
-- Forgets failures and addresses; guessing is free again.
-- Lock: ACCESS EXCLUSIVE on sign_in_attempts, sign_in_addresses and (for the foreign key) users.

DROP TABLE sign_in_addresses;
DROP TABLE sign_in_attempts;
