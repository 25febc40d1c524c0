import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from './fixtures/test-database.ts';
import { openSharedPool } from './pool.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

describe('openSharedPool', () => {
  it('opens the database that SHARED_DATABASE_URL names', async () => {
    await using shared = await openSharedPool({ max: 1, variables: { SHARED_DATABASE_URL: test.connectionString } });
    const { rows } = await shared.query(`SELECT count(*)::integer AS tables FROM pg_tables WHERE tablename = 'users'`);
    expect(rows).toStrictEqual([{ tables: 1 }]);
  });

  it('takes no DATABASE_URL for its own, for that is an application’s', async () => {
    const variables = { DATABASE_URL: test.connectionString, NODE_ENV: 'production' };
    await expect(openSharedPool({ variables })).rejects.toMatchObject({ code: 'CONNECTION_NOT_CONFIGURED' });
  });
});
