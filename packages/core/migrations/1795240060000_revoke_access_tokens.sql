-- Up Migration
-- Which access tokens are good no longer although they have not expired, for the applications that check tokens without
-- asking this database: they listen for changes, and read the table again in case they missed one.
-- Lock: none on existing tables; a new table and its function only.

CREATE TABLE token_revocations (
  subject_id uuid NOT NULL,
  least_version bigint,
  revoked_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT token_revocations_pkey PRIMARY KEY (subject_id)
);

CREATE INDEX token_revocations_revoked_at_idx ON token_revocations (revoked_at);

CREATE FUNCTION tell_token_revocation() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_notify('token_revocations', json_build_object(
    'subjectId', NEW.subject_id,
    'leastVersion', NEW.least_version,
    'revokedAt', NEW.revoked_at
  )::text);
  RETURN NULL;
END
$$;

CREATE TRIGGER token_revocations_tell
  AFTER INSERT OR UPDATE ON token_revocations
  FOR EACH ROW
  EXECUTE FUNCTION tell_token_revocation();

COMMENT ON TABLE token_revocations IS
  'Access tokens withdrawn before their time. A row matters for as long as an access token lives, and may go after that.';
COMMENT ON COLUMN token_revocations.subject_id IS
  'A users.id or an auth_tokens.session_id. No foreign key: it outlives a user who was deleted.';
COMMENT ON COLUMN token_revocations.least_version IS
  'Tokens of this user below this version are withdrawn; null withdraws all of the user''s or session''s.';
COMMENT ON FUNCTION tell_token_revocation() IS
  'Trigger function: NOTIFY token_revocations with the row as JSON (subjectId, leastVersion, revokedAt).';

-- Down Migration
-- Drops the table; withdrawn access tokens are good again until they expire.
-- Lock: ACCESS EXCLUSIVE on token_revocations.

DROP TABLE token_revocations;
DROP FUNCTION tell_token_revocation();
