import { AtrizError, sqlState, withUser, type DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { DB } from './schema.ts';

/** What the website shows of a user. */
export interface Profile {
  /** The name in the profile's address; null for who has not chosen one. */
  readonly handle: string | null;
  /** Null together with `handle`: there is no profile yet. */
  readonly displayName: string | null;
  readonly bio: string;
  readonly websiteUrl: string | null;
}

export interface NewProfile extends Profile {
  readonly handle: string;
  readonly displayName: string;
}

/** The profile of a user who has saved none. */
const NO_PROFILE: Profile = { handle: null, displayName: null, bio: '', websiteUrl: null };
const UNIQUE_VIOLATION = '23505';
const COLUMNS = ['handle', 'display_name as displayName', 'bio', 'website_url as websiteUrl'] as const;

/** A user's own profile; with nothing in it for who has none, or is nobody. */
export async function readProfile({ pool }: Pick<DatabasePool, 'pool'>, userId: string): Promise<Profile> {
  const profile = await withUser(
    pool,
    userId,
    (client) =>
      createKysely<DB>(client)
        .selectFrom('user_profiles')
        .select(COLUMNS)
        .where('user_id', '=', userId)
        .executeTakeFirst(),
    { readOnly: true },
  );
  return profile ?? NO_PROFILE;
}

/** Makes or replaces a user's profile. Throws `CONFLICT` when the handle is another's. */
export async function saveProfile(
  { pool }: Pick<DatabasePool, 'pool'>,
  userId: string,
  { handle, displayName, bio, websiteUrl }: NewProfile,
): Promise<Profile> {
  const values = { handle, display_name: displayName, bio, website_url: websiteUrl };
  return withUser(pool, userId, (client) =>
    createKysely<DB>(client)
      .insertInto('user_profiles')
      .values({ user_id: userId, ...values })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
      .returning(COLUMNS)
      .executeTakeFirstOrThrow(),
  ).catch((cause: unknown) => {
    if (sqlState(cause) !== UNIQUE_VIOLATION) throw cause;
    throw new AtrizError('CONFLICT', `the handle "${handle}" is taken`, { hint: 'choose another', cause });
  });
}
