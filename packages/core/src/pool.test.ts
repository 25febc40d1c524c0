import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { openSharedPool } from './pool.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

describe('openSharedPool', () => {
  it('opens the database that SHARED_DATABASE_URL names, and leaves DATABASE_URL to applications', async () => {
    const variables = { SHARED_DATABASE_URL: test.connectionString, DATABASE_URL: 'nonsense' };
    await using shared = await openSharedPool({ max: 1, variables });
    const { rows } = await shared.query(`SELECT count(*)::integer AS tables FROM pg_tables WHERE tablename = 'users'`);
    expect(rows).toStrictEqual([{ tables: 1 }]);
  });

  it('says that SHARED_DATABASE_URL is wrong', async () => {
    await expect(openSharedPool({ variables: { SHARED_DATABASE_URL: 'nonsense' } })).rejects.toMatchObject({
      code: 'CONNECTION_STRING_INVALID',
      message: expect.stringContaining('SHARED_DATABASE_URL'),
    });
  });
});
