import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { readProfile, saveProfile } from './profiles.ts';

const ADA = '11111111-1111-4111-8111-111111111111';
const BEN = '22222222-2222-4222-8222-222222222222';
const LADY = { handle: 'ada', displayName: 'Lady Ada', bio: 'Engines.', websiteUrl: 'https://ada.example.com' };
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

describe('a profile', () => {
  it('is empty until it is saved, and replaced by the next', async () => {
    expect(await readProfile(test.db, ADA)).toStrictEqual({
      handle: null,
      displayName: null,
      bio: '',
      websiteUrl: null,
    });
    expect(await saveProfile(test.db, ADA, { ...LADY, bio: 'Once.' })).toStrictEqual({ ...LADY, bio: 'Once.' });
    await saveProfile(test.db, ADA, LADY);
    expect(await readProfile(test.db, ADA)).toStrictEqual(LADY);
  });

  it('has a handle that is nobody else’s', async () => {
    await saveProfile(test.db, ADA, LADY);
    await expect(saveProfile(test.db, BEN, LADY)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'the handle "ada" is taken',
    });
    expect(await readProfile(test.db, BEN)).toMatchObject({ handle: null });
  });
});

describe('the table user_profiles', () => {
  it.each(['A', 'a', 'Ada', '-ada', 'ada-', 'a--b', 'x'.repeat(40)])('refuses the handle "%s"', async (handle) => {
    await expect(saveProfile(test.db, BEN, { ...LADY, handle })).rejects.toMatchObject({
      constraint: 'user_profiles_handle_check',
    });
  });
});
