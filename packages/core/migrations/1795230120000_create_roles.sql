-- Up Migration
-- What a user may do: named roles, and which user holds which.
-- Lock: SHARE ROW EXCLUSIVE on users (the foreign key), for as long as it takes to make empty tables.

CREATE TABLE roles (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  name text NOT NULL,
  description text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT roles_pkey PRIMARY KEY (id),
  CONSTRAINT roles_name_key UNIQUE (name),
  CONSTRAINT roles_name_check CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$')
);

CREATE TRIGGER roles_set_updated_at
  BEFORE UPDATE ON roles
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

CREATE TABLE user_roles (
  user_id uuid NOT NULL,
  role_id uuid NOT NULL,
  granted_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_id),
  CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_roles_role_id_fkey FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE RESTRICT
);

CREATE INDEX user_roles_role_id_idx ON user_roles (role_id);

COMMENT ON TABLE roles IS 'The roles that a user can hold, the same in every product.';
COMMENT ON COLUMN roles.name IS 'What code compares with: lower case, stable, such as admin.';
COMMENT ON COLUMN roles.updated_at IS 'Kept by the trigger roles_set_updated_at.';
COMMENT ON TABLE user_roles IS 'Which user holds which role; a pair at most once, which its primary key promises.';
COMMENT ON COLUMN user_roles.role_id IS 'A role that somebody holds cannot be deleted.';

-- Down Migration
-- Drops both tables: every role, and who held it.
-- Lock: ACCESS EXCLUSIVE on user_roles, roles and (for its foreign key) users.

DROP TABLE user_roles;
DROP TABLE roles;
