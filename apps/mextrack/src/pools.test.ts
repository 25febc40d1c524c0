import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSharedTestDatabase, openTestDatabase, type TestDatabase } from '../test/database.ts';
import { openPools } from './pools.ts';

let own: TestDatabase;
let shared: TestDatabase;

beforeAll(async () => {
  own = await openTestDatabase();
  shared = await openSharedTestDatabase();
});
afterAll(async () => {
  await own[Symbol.asyncDispose]();
  await shared[Symbol.asyncDispose]();
});

describe('openPools', () => {
  it('opens the application’s own database and the shared one', async () => {
    const variables = { DATABASE_URL: own.connectionString, SHARED_DATABASE_URL: shared.connectionString };
    await using pools = await openPools({ max: 2, variables });
    const tables = `SELECT count(*)::integer AS count FROM pg_tables WHERE tablename = $1`;
    expect((await pools.own.query(tables, ['vehicles'])).rows).toStrictEqual([{ count: 1 }]);
    expect((await pools.shared.query(tables, ['users'])).rows).toStrictEqual([{ count: 1 }]);
  });

  it('says which variable is wrong', async () => {
    const variables = { DATABASE_URL: own.connectionString, SHARED_DATABASE_URL: 'nonsense' };
    await expect(openPools({ variables })).rejects.toMatchObject({
      code: 'CONNECTION_STRING_INVALID',
      message: expect.stringContaining('SHARED_DATABASE_URL'),
    });
  });
});
