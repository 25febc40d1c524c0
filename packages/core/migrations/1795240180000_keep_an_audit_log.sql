-- Up Migration
-- What happened to accounts, roles and credentials, each row bound to the one before it by a hash, so that a row that was
-- changed, taken out or put in later is found (atriz audit verify). There is one way in, record_audit, and none to change.
-- Lock: none on existing tables; new tables and their functions only.

CREATE TABLE audit_log (
  id bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  action text NOT NULL,
  actor_id uuid,
  user_id uuid,
  details jsonb NOT NULL DEFAULT '{}',
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_log_pkey PRIMARY KEY (id, occurred_at),
  CONSTRAINT audit_log_id_check CHECK (id > 0),
  CONSTRAINT audit_log_action_check CHECK (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
  CONSTRAINT audit_log_details_check CHECK (jsonb_typeof(details) = 'object'),
  CONSTRAINT audit_log_previous_hash_check CHECK (length(previous_hash) = 32),
  CONSTRAINT audit_log_hash_check CHECK (length(hash) = 32)
) PARTITION BY RANGE (occurred_at);

CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;

CREATE INDEX audit_log_user_id_idx ON audit_log (user_id, id);

CREATE TABLE audit_log_head (
  singleton boolean NOT NULL DEFAULT true,
  id bigint NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_log_head_pkey PRIMARY KEY (singleton),
  CONSTRAINT audit_log_head_singleton_check CHECK (singleton),
  CONSTRAINT audit_log_head_hash_check CHECK (length(hash) = 32)
);

CREATE FUNCTION record_audit(event text, about uuid, facts jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
  entry audit_log;
  head audit_log_head;
  place tid;
BEGIN
  -- One writer at a time, until its transaction ends: the chain has no gaps and no forks. Where this transaction has
  -- put the head itself, it is found there at once and not behind every version that it has made; there is one head,
  -- so that a place which is wrong finds nothing.
  place := nullif(current_setting('atriz.audit_place', true), '')::tid;
  SELECT * INTO head FROM audit_log_head WHERE ctid = place FOR UPDATE;
  IF NOT FOUND THEN
    place := NULL;
    SELECT * INTO head FROM audit_log_head FOR UPDATE;
  END IF;
  IF NOT FOUND THEN
    -- The first row of all, or the first one after TRUNCATE.
    INSERT INTO audit_log_head (id, hash) VALUES (0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM audit_log_head FOR UPDATE;
  END IF;

  entry.id := head.id + 1;
  entry.occurred_at := clock_timestamp();
  entry.action := event;
  entry.actor_id := nullif(current_setting('atriz.user_id', true), '')::uuid;
  entry.user_id := about;
  entry.details := coalesce(facts, '{}');
  entry.previous_hash := head.hash;
  entry.hash := sha256(convert_to(concat_ws(
    E'\n',
    entry.id,
    to_char(entry.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    entry.action,
    coalesce(entry.actor_id::text, ''),
    coalesce(entry.user_id::text, ''),
    encode(entry.previous_hash, 'hex'),
    entry.details
  ), 'UTF8'));

  INSERT INTO audit_log VALUES (entry.*);
  IF place IS NULL THEN
    UPDATE audit_log_head SET id = entry.id, hash = entry.hash RETURNING ctid INTO place;
  ELSE
    UPDATE audit_log_head SET id = entry.id, hash = entry.hash WHERE ctid = place RETURNING ctid INTO place;
  END IF;
  PERFORM set_config('atriz.audit_place', place::text, true);
  RETURN entry.id;
END
$$;

CREATE FUNCTION refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'rows of audit_log are neither changed nor deleted' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_log_refuse_change
  BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW
  EXECUTE FUNCTION refuse_audit_change();

COMMENT ON TABLE audit_log IS
  'What happened to accounts, roles and credentials, in a chain of hashes; partitioned by month of occurred_at in UTC. '
  'Written by record_audit only. No secret is ever in it, and no name or address: it outlives the user.';
COMMENT ON COLUMN audit_log.id IS 'The place in the chain, from 1 on, without gaps.';
COMMENT ON COLUMN audit_log.action IS 'What happened, such as user.created; packages/core/src/audit/action.ts lists them.';
COMMENT ON COLUMN audit_log.actor_id IS
  'Who did it: the user that the transaction was set to (atriz.user_id); null for a machine, or somebody in psql.';
COMMENT ON COLUMN audit_log.user_id IS 'Whom it is about. No foreign key: it outlives the user.';
COMMENT ON COLUMN audit_log.previous_hash IS 'The hash of the row before; 32 zero bytes in the first row of all.';
COMMENT ON COLUMN audit_log.hash IS
  'SHA-256 of these, in UTF-8 with a line feed between: id; occurred_at in UTC as 2026-11-21T09:30:00.123456Z; action; '
  'actor_id; user_id (both empty for null); previous_hash in hex; details as PostgreSQL writes jsonb.';
COMMENT ON TABLE audit_log_default IS
  'Rows of months that have no partition yet; create_audit_partitions moves them into theirs.';
COMMENT ON TABLE audit_log_head IS
  'The end of the chain, one row: whoever adds to the chain locks it. It is missing while nothing was ever written.';
COMMENT ON COLUMN audit_log_head.singleton IS 'Always true: there is one head.';
COMMENT ON COLUMN audit_log_head.id IS 'The last row''s id.';
COMMENT ON COLUMN audit_log_head.hash IS 'The last row''s hash.';
COMMENT ON FUNCTION record_audit(text, uuid, jsonb) IS
  'Adds what happened, about which user, with which details, to audit_log, and returns its id. Waits for other '
  'transactions that added something, and keeps others waiting until this one ends: so call it last.';
COMMENT ON FUNCTION refuse_audit_change() IS 'Trigger function: refuses every UPDATE and DELETE. TRUNCATE is its owner''s.';

-- Down Migration
-- Drops the log with every row in it.
-- Lock: ACCESS EXCLUSIVE on audit_log, its partitions and audit_log_head.

DROP FUNCTION record_audit(text, uuid, jsonb);
DROP TABLE audit_log_head;
DROP TABLE audit_log;
DROP FUNCTION refuse_audit_change();
