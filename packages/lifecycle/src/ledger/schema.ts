/**
 * The ledger: schema `atriz` in every database. Made on the first migration, under the migration lock, in one
 * transaction. New objects take no lock that an application would meet; what came in a later version is added.
 */
export const CREATE_LEDGER = `
CREATE SCHEMA IF NOT EXISTS atriz;
COMMENT ON SCHEMA atriz IS 'What Atriz knows of this database: which one it is, and what ran when. Not cleaned, not migrated.';

CREATE TABLE IF NOT EXISTS atriz.identity (
  singleton boolean CONSTRAINT identity_pkey PRIMARY KEY DEFAULT true CONSTRAINT identity_one_row CHECK (singleton),
  family text NOT NULL,
  definition text NOT NULL,
  environment text NOT NULL,
  protected boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  instance text
);
ALTER TABLE atriz.identity ADD COLUMN IF NOT EXISTS instance text;
COMMENT ON TABLE atriz.identity IS 'Which database this is; commands that write refuse another.';

CREATE TABLE IF NOT EXISTS atriz.migrations (
  name text CONSTRAINT migrations_pkey PRIMARY KEY,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  duration_ms double precision,
  atriz_version text NOT NULL,
  text text,
  run_id uuid
);
ALTER TABLE atriz.migrations ALTER COLUMN duration_ms DROP NOT NULL,
  ADD COLUMN IF NOT EXISTS text text, ADD COLUMN IF NOT EXISTS run_id uuid;
COMMENT ON TABLE atriz.migrations IS 'Beside node-pg-migrate''s history: SHA-256 and text of each applied file, how long it took, in which run. No duration: it was recorded, not run.';

CREATE TABLE IF NOT EXISTS atriz.unfinished_migrations (
  name text CONSTRAINT unfinished_migrations_pkey PRIMARY KEY,
  direction text NOT NULL CONSTRAINT unfinished_migrations_direction CHECK (direction IN ('up', 'down')),
  statement integer NOT NULL,
  statement_count integer NOT NULL,
  error text,
  started_at timestamptz NOT NULL DEFAULT now(),
  run_id uuid
);
COMMENT ON TABLE atriz.unfinished_migrations IS 'Migrations without a transaction that were begun: which statement, counted from 1, was the last to be sent.';

CREATE TABLE IF NOT EXISTS atriz.seeds (
  name text CONSTRAINT seeds_pkey PRIMARY KEY,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  duration_ms double precision NOT NULL
);
COMMENT ON TABLE atriz.seeds IS 'The seeds whose rows are in the database; emptied when it is cleaned, or a migration undone.';

CREATE TABLE IF NOT EXISTS atriz.runs (
  id uuid CONSTRAINT runs_pkey PRIMARY KEY,
  run_id uuid NOT NULL,
  command text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  outcome text CONSTRAINT runs_outcome CHECK (outcome IN ('done', 'failed')),
  error text,
  changes text[] NOT NULL DEFAULT '{}',
  database_user text NOT NULL DEFAULT session_user,
  client_user text,
  client_host text,
  atriz_version text NOT NULL
);
COMMENT ON TABLE atriz.runs IS 'What was done to this database, by whom, and how it ended; one run over several databases has the same run_id in each. No end: it was cut off.';
`;

/** Made with the ledger, so that a status finds it; in an older ledger where the first reference is checked. */
export const CREATE_REFERENCE_CHECKS = `
CREATE TABLE IF NOT EXISTS atriz.reference_checks (
  reference text CONSTRAINT reference_checks_pkey PRIMARY KEY,
  target text NOT NULL,
  checked_at timestamptz NOT NULL DEFAULT now(),
  duration_ms double precision NOT NULL,
  keys bigint NOT NULL,
  orphan_keys bigint NOT NULL,
  orphan_rows bigint NOT NULL,
  atriz_version text NOT NULL
);
COMMENT ON TABLE atriz.reference_checks IS
  'What the last check of each cross-database reference found: distinct keys, those that lead nowhere, and their rows.';
`;

/** Made where the first row is deleted with everything that refers to it, in the database of that row. */
export const CREATE_DELETIONS = `
CREATE TABLE IF NOT EXISTS atriz.deletions (
  id uuid CONSTRAINT deletions_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
  target text NOT NULL,
  key text NOT NULL,
  step text NOT NULL CONSTRAINT deletions_step_check CHECK (step IN ('check', 'apply', 'done')),
  row jsonb NOT NULL,
  changed jsonb NOT NULL DEFAULT '{}',
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  atriz_version text NOT NULL,
  CONSTRAINT deletions_finished_check CHECK ((step = 'done') = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX IF NOT EXISTS deletions_unfinished_key ON atriz.deletions (target, key) WHERE finished_at IS NULL;
COMMENT ON TABLE atriz.deletions IS 'Rows that were deleted with what refers to them in other databases, and deletions under way.';
COMMENT ON COLUMN atriz.deletions.row IS 'The row''s values in the columns that other databases refer to.';
COMMENT ON COLUMN atriz.deletions.changed IS 'For each reference, how many rows were deleted or set to null so far.';
`;
