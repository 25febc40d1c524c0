import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSharedTestDatabase, openTestDatabase, type TestDatabase } from '../test/database.ts';
import { DEFAULT_PREFERENCES, readAccount } from './profiles.ts';

const ADA = '11111111-1111-4111-8111-111111111111';
const BEN = '22222222-2222-4222-8222-222222222222';
const GHOST = '99999999-9999-4999-8999-999999999999';
let own: TestDatabase;
let shared: TestDatabase;

beforeAll(async () => {
  own = await openTestDatabase();
  shared = await openSharedTestDatabase();
  await shared.db.query(
    `INSERT INTO users (id, email, password_hash, name)
     VALUES ($1, 'ada@example.com', 'hash', 'Ada'), ($2, 'ben@example.com', 'hash', 'Ben')`,
    [ADA, BEN],
  );
  await own.db.query(`INSERT INTO user_profiles (user_id, handle, display_name) VALUES ($1, 'ada', 'Lady Ada')`, [ADA]);
  await own.db.query(`INSERT INTO user_preferences (user_id, theme, locale) VALUES ($1, 'dark', 'pt-PT')`, [ADA]);
});
afterAll(async () => {
  await own[Symbol.asyncDispose]();
  await shared[Symbol.asyncDispose]();
});

const account = (userId: string) => readAccount({ own: own.db, shared: shared.db }, userId);

describe('readAccount', () => {
  it('joins what both databases know of a user', async () => {
    expect(await account(ADA)).toStrictEqual({
      userId: ADA,
      email: 'ada@example.com',
      displayName: 'Lady Ada',
      handle: 'ada',
      preferences: { theme: 'dark', locale: 'pt-PT', timeZone: 'UTC', emailNotifications: true },
    });
  });

  it('falls back to the name and the defaults where the website has no row', async () => {
    expect(await account(BEN)).toStrictEqual({
      userId: BEN,
      email: 'ben@example.com',
      displayName: 'Ben',
      handle: undefined,
      preferences: { theme: 'system', locale: 'en', timeZone: 'UTC', emailNotifications: true },
    });
  });

  it('knows nobody whom atriz_shared does not know', async () => {
    expect(await account(GHOST)).toBeUndefined();
  });
});

describe('DEFAULT_PREFERENCES', () => {
  it('are those that the table gives', async () => {
    await own.db.query('INSERT INTO user_preferences (user_id) VALUES ($1)', [BEN]);
    const { rows } = await own.db.query(
      `DELETE FROM user_preferences
       WHERE user_id = $1
       RETURNING theme, locale, time_zone AS "timeZone", email_notifications AS "emailNotifications"`,
      [BEN],
    );
    expect(rows).toStrictEqual([DEFAULT_PREFERENCES]);
  });
});

describe('the table user_profiles', () => {
  it.each(['A', 'a', 'Ada', '-ada', 'ada-', 'a--b', 'x'.repeat(40)])('refuses the handle "%s"', async (handle) => {
    const query = `INSERT INTO user_profiles (user_id, handle, display_name) VALUES ($1, $2, 'Ben')`;
    await expect(own.db.query(query, [BEN, handle])).rejects.toMatchObject({
      constraint: 'user_profiles_handle_check',
    });
  });
});
