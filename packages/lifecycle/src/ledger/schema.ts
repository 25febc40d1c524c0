/**
 * The ledger: schema `atriz` in every database. Made on the first migration, under the migration lock, in one
 * transaction. New objects take no lock that an application would meet.
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
  duration_ms double precision NOT NULL,
  atriz_version text NOT NULL
);
COMMENT ON TABLE atriz.migrations IS 'Beside node-pg-migrate''s history: the SHA-256 of each applied file, and how long it took.';

CREATE TABLE IF NOT EXISTS atriz.seeds (
  name text CONSTRAINT seeds_pkey PRIMARY KEY,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  duration_ms double precision NOT NULL
);
COMMENT ON TABLE atriz.seeds IS 'The seeds whose rows are in the database; emptied when it is cleaned, or a migration undone.';
`;
