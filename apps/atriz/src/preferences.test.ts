import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { DEFAULT_PREFERENCES, readPreferences, savePreferences } from './preferences.ts';

const ADA = '11111111-1111-4111-8111-111111111111';
const BEN = '22222222-2222-4222-8222-222222222222';
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

describe('preferences', () => {
  it('are the defaults until some are saved, and replaced by the next', async () => {
    expect(await readPreferences(test.db, ADA)).toStrictEqual({
      theme: 'system',
      locale: 'en',
      timeZone: 'UTC',
      emailNotifications: true,
    });
    const dark = { theme: 'dark', locale: 'pt-PT', timeZone: 'Europe/Lisbon', emailNotifications: false } as const;
    await savePreferences(test.db, ADA, { ...dark, theme: 'light' });
    expect(await savePreferences(test.db, ADA, dark)).toStrictEqual(dark);
    expect(await readPreferences(test.db, ADA)).toStrictEqual(dark);
    expect(await readPreferences(test.db, BEN)).toStrictEqual(DEFAULT_PREFERENCES);
  });
});

describe('DEFAULT_PREFERENCES', () => {
  it('are those that the table gives', async () => {
    await test.owner.query('INSERT INTO user_preferences (user_id) VALUES ($1)', [BEN]);
    expect(await readPreferences(test.db, BEN)).toStrictEqual(DEFAULT_PREFERENCES);
  });
});
