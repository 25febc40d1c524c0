-- Up Migration
-- How a user wants the website to look and to speak. No row means every default.
-- Lock: none on existing tables; a new table only.

CREATE TABLE user_preferences (
  user_id uuid NOT NULL,
  theme text NOT NULL DEFAULT 'light',
  locale text NOT NULL DEFAULT 'en',
  email_notifications boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT user_preferences_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_preferences_theme_check CHECK (theme IN ('light', 'dark')),
  CONSTRAINT user_preferences_locale_check CHECK (locale ~ '^[a-z]{2,3}(-[A-Z]{2})?$')
);

CREATE TRIGGER user_preferences_set_updated_at
  BEFORE UPDATE ON user_preferences
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE user_preferences IS 'The website''s settings of a user, one row at most; without one, the column defaults hold.';
COMMENT ON COLUMN user_preferences.user_id IS 'Cross-database reference: users.id of atriz_shared.';
COMMENT ON COLUMN user_preferences.locale IS 'Language, and country where it matters: en, pt-BR.';

-- Down Migration
-- Drops the table; every user is back at the defaults.
-- Lock: ACCESS EXCLUSIVE on user_preferences.

DROP TABLE user_preferences;
