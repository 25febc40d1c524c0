-- Up Migration
-- Row-level security, forced: profiles and preferences are their user's only; a contact message is written by anybody in
-- his own name or in none, and read by who wrote it and by those who deal with messages. Who passes it by has BYPASSRLS.
-- Lock: ACCESS EXCLUSIVE on user_profiles, user_preferences and contact_messages, briefly; nothing is read or rewritten.

ALTER TABLE user_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_profiles FORCE ROW LEVEL SECURITY;
CREATE POLICY user_profiles_own ON user_profiles
  USING (user_id = (SELECT current_user_id()))
  WITH CHECK (user_id = (SELECT current_user_id()));

ALTER TABLE user_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY user_preferences_own ON user_preferences
  USING (user_id = (SELECT current_user_id()))
  WITH CHECK (user_id = (SELECT current_user_id()));

ALTER TABLE contact_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_messages FORCE ROW LEVEL SECURITY;
CREATE POLICY contact_messages_write ON contact_messages FOR INSERT
  WITH CHECK ((user_id IS NULL OR user_id = (SELECT current_user_id())) AND handled_at IS NULL);
CREATE POLICY contact_messages_read ON contact_messages FOR SELECT
  USING (
    user_id = (SELECT current_user_id())
    OR (SELECT current_user_has_role('manager') OR current_user_has_role('admin'))
  );
CREATE POLICY contact_messages_handle ON contact_messages FOR UPDATE
  USING ((SELECT current_user_has_role('manager') OR current_user_has_role('admin')))
  WITH CHECK (handled_by = (SELECT current_user_id()));

COMMENT ON POLICY user_profiles_own ON user_profiles IS 'A profile is read and written by its user only.';
COMMENT ON POLICY user_preferences_own ON user_preferences IS 'Preferences are read and written by their user only.';
COMMENT ON POLICY contact_messages_write ON contact_messages IS 'Anybody writes, in no name or in his own.';
COMMENT ON POLICY contact_messages_read ON contact_messages IS 'Read by who wrote it, by managers and by admins.';
COMMENT ON POLICY contact_messages_handle ON contact_messages IS
  'Managers and admins mark a message as dealt with, in their own name.';

-- Down Migration
-- Opens the three tables again to everybody who may read and write them.
-- Lock: ACCESS EXCLUSIVE on user_profiles, user_preferences and contact_messages, briefly.

DROP POLICY contact_messages_handle ON contact_messages;
DROP POLICY contact_messages_read ON contact_messages;
DROP POLICY contact_messages_write ON contact_messages;
ALTER TABLE contact_messages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE contact_messages DISABLE ROW LEVEL SECURITY;

DROP POLICY user_preferences_own ON user_preferences;
ALTER TABLE user_preferences NO FORCE ROW LEVEL SECURITY;
ALTER TABLE user_preferences DISABLE ROW LEVEL SECURITY;

DROP POLICY user_profiles_own ON user_profiles;
ALTER TABLE user_profiles NO FORCE ROW LEVEL SECURITY;
ALTER TABLE user_profiles DISABLE ROW LEVEL SECURITY;
