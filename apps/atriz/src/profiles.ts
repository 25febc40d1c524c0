import { findUserById, type ApplicationPools } from '@atriz/core';
import type { Selectable } from 'kysely';
import type { UserPreferences, UserProfiles } from './schema.ts';

export interface Preferences {
  readonly theme: 'light' | 'dark' | 'system';
  readonly locale: Selectable<UserPreferences>['locale'];
  readonly timeZone: Selectable<UserPreferences>['time_zone'];
  readonly emailNotifications: Selectable<UserPreferences>['email_notifications'];
}

export interface Account {
  readonly userId: string;
  readonly email: string;
  /** The profile's name where there is a profile, else the user's. */
  readonly displayName: string;
  readonly handle: string | undefined;
  readonly preferences: Preferences;
}

/** What `user_preferences` defaults to, for users without a row; a test holds the two against each other. */
export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  locale: 'en',
  timeZone: 'UTC',
  emailNotifications: true,
};

interface ProfileRow {
  readonly handle: Selectable<UserProfiles>['handle'] | null;
  readonly displayName: Selectable<UserProfiles>['display_name'] | null;
  readonly preferences: Preferences | null;
}

/** A user as the website shows one to himself: from both databases. Undefined when atriz_shared does not know him. */
export async function readAccount(
  { own, shared }: Pick<ApplicationPools, 'own' | 'shared'>,
  userId: string,
): Promise<Account | undefined> {
  const [user, { rows }] = await Promise.all([
    findUserById(shared, userId),
    own.query<ProfileRow>(
      `SELECT profile.handle, profile.display_name AS "displayName",
         CASE WHEN preference.user_id IS NOT NULL THEN json_build_object(
           'theme', preference.theme,
           'locale', preference.locale,
           'timeZone', preference.time_zone,
           'emailNotifications', preference.email_notifications
         ) END AS preferences
       FROM (SELECT $1::uuid AS user_id) AS wanted
       LEFT JOIN user_profiles AS profile USING (user_id)
       LEFT JOIN user_preferences AS preference USING (user_id)`,
      [userId],
    ),
  ]);
  if (user === undefined) return undefined;
  const row = rows[0];
  return {
    userId: user.id,
    email: user.email,
    displayName: row?.displayName ?? user.name,
    handle: row?.handle ?? undefined,
    preferences: row?.preferences ?? DEFAULT_PREFERENCES,
  };
}
