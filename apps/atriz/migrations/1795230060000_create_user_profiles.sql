-- Up Migration
-- What the website shows of a user: a public profile, at most one for each.
-- Lock: none on existing tables; a new table only.

CREATE TABLE user_profiles (
  user_id uuid NOT NULL,
  handle text NOT NULL,
  display_name text NOT NULL,
  bio text NOT NULL DEFAULT '',
  website_url text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT user_profiles_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_profiles_handle_key UNIQUE (handle),
  CONSTRAINT user_profiles_handle_check CHECK (handle ~ '^[a-z0-9](-?[a-z0-9])+$' AND length(handle) <= 39),
  CONSTRAINT user_profiles_display_name_check CHECK (btrim(display_name) <> '' AND length(display_name) <= 100),
  CONSTRAINT user_profiles_bio_check CHECK (length(bio) <= 2000),
  CONSTRAINT user_profiles_website_url_check CHECK (website_url ~ '^https?://')
);

CREATE TRIGGER user_profiles_set_updated_at
  BEFORE UPDATE ON user_profiles
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE user_profiles IS 'The public profile of a user, one at most.';
COMMENT ON COLUMN user_profiles.user_id IS 'Cross-database reference: users.id of atriz_shared.';
COMMENT ON COLUMN user_profiles.handle IS
  'The name in the profile''s address: 2 to 39 lower-case letters and digits, single hyphens between them.';
COMMENT ON COLUMN user_profiles.bio IS 'Plain text; empty when its owner wrote none.';

-- Down Migration
-- Drops the table with every profile in it.
-- Lock: ACCESS EXCLUSIVE on user_profiles.

DROP TABLE user_profiles;
