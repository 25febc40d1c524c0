-- Up Migration
-- The people who may sign in. E-mail addresses are unique without regard to case, spelling kept.
-- Lock: none on existing tables; a new table only.

CREATE TABLE users (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  email text NOT NULL,
  password_hash text NOT NULL,
  name text NOT NULL,
  email_verified boolean NOT NULL DEFAULT false,
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_email_check CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 254),
  CONSTRAINT users_name_check CHECK (btrim(name) <> '' AND length(name) <= 200)
);

CREATE UNIQUE INDEX users_email_lower_key ON users (lower(email));

CREATE TRIGGER users_set_updated_at
  BEFORE UPDATE ON users
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE users IS
  'Who may sign in to any product. Other databases name these rows by id, in columns called user_id and the like.';
COMMENT ON COLUMN users.email IS
  'As its owner writes it; unique without regard to case by the index users_email_lower_key, so look it up by lower(email).';
COMMENT ON COLUMN users.password_hash IS 'bcrypt hash with its cost and salt; the password itself is kept nowhere.';
COMMENT ON COLUMN users.email_verified IS 'True once the owner has followed a link sent to this address.';
COMMENT ON COLUMN users.is_active IS 'False keeps the row, and what refers to it, but refuses sign-in.';
COMMENT ON COLUMN users.updated_at IS 'Kept by the trigger users_set_updated_at; a value given in an UPDATE is ignored.';

-- Down Migration
-- Drops the table with every user in it.
-- Lock: ACCESS EXCLUSIVE on users.

DROP TABLE users;
