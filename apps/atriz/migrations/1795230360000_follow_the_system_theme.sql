-- Up Migration
-- Adds the theme "system", makes it the default of new rows, and lets users name their time zone.
-- Lock: ACCESS EXCLUSIVE on user_preferences, for one reading of the table (the check is proved against every row).

ALTER TABLE user_preferences
  DROP CONSTRAINT user_preferences_theme_check,
  ADD CONSTRAINT user_preferences_theme_check CHECK (theme IN ('light', 'dark', 'system')),
  ALTER COLUMN theme SET DEFAULT 'system',
  ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
  ADD CONSTRAINT user_preferences_time_zone_check CHECK (time_zone ~ '^[A-Za-z0-9_+/-]{1,64}$');

COMMENT ON COLUMN user_preferences.theme IS 'light, dark, or system: as the reader''s device says.';
COMMENT ON COLUMN user_preferences.time_zone IS 'A name of the IANA time zone database, such as Europe/Lisbon.';

-- Down Migration
-- Takes the theme "system" away; who had chosen it gets the former default, light. Time zones are lost.
-- Lock: ACCESS EXCLUSIVE on user_preferences, for one reading of the table.

UPDATE user_preferences SET theme = 'light' WHERE theme = 'system';

ALTER TABLE user_preferences
  DROP COLUMN time_zone,
  ALTER COLUMN theme SET DEFAULT 'light',
  DROP CONSTRAINT user_preferences_theme_check,
  ADD CONSTRAINT user_preferences_theme_check CHECK (theme IN ('light', 'dark'));

COMMENT ON COLUMN user_preferences.theme IS NULL;
