import { withUser, type DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { DB } from './schema.ts';

export const THEMES = ['light', 'dark', 'system'] as const;

/** How a user wants the website to look and to speak. */
export interface Preferences {
  readonly theme: (typeof THEMES)[number];
  readonly locale: string;
  readonly timeZone: string;
  readonly emailNotifications: boolean;
}

/** What `user_preferences` defaults to, for users without a row; a test holds the two against each other. */
export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  locale: 'en',
  timeZone: 'UTC',
  emailNotifications: true,
};
const COLUMNS = ['theme', 'locale', 'time_zone as timeZone', 'email_notifications as emailNotifications'] as const;

/** A user's own preferences: the defaults for who has saved none. */
export async function readPreferences({ pool }: Pick<DatabasePool, 'pool'>, userId: string): Promise<Preferences> {
  const preferences = await withUser(
    pool,
    userId,
    (client) =>
      createKysely<DB>(client)
        .selectFrom('user_preferences')
        .select(COLUMNS)
        .where('user_id', '=', userId)
        .$narrowType<Pick<Preferences, 'theme'>>()
        .executeTakeFirst(),
    { readOnly: true },
  );
  return preferences ?? DEFAULT_PREFERENCES;
}

/** Makes or replaces a user's preferences. */
export async function savePreferences(
  { pool }: Pick<DatabasePool, 'pool'>,
  userId: string,
  { theme, locale, timeZone, emailNotifications }: Preferences,
): Promise<Preferences> {
  const values = { theme, locale, time_zone: timeZone, email_notifications: emailNotifications };
  return withUser(pool, userId, (client) =>
    createKysely<DB>(client)
      .insertInto('user_preferences')
      .values({ user_id: userId, ...values })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
      .returning(COLUMNS)
      .$narrowType<Pick<Preferences, 'theme'>>()
      .executeTakeFirstOrThrow(),
  );
}
