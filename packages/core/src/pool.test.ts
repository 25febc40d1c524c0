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

  it('refuses a database that is older than its code, and closes what it opened', async () => {
    const { rows } = await test.db.query<{ name: string }>('SELECT name FROM pgmigrations ORDER BY name DESC LIMIT 1');
    const [newest] = rows;
    await test.db.query('DELETE FROM pgmigrations WHERE name = $1', [newest!.name]);
    try {
      await expect(openSharedPool({ variables: { SHARED_DATABASE_URL: test.connectionString } })).rejects.toMatchObject(
        { code: 'NOT_MIGRATED', message: expect.stringContaining(newest!.name) },
      );
    } finally {
      await test.db.query('INSERT INTO pgmigrations (name, run_on) VALUES ($1, now())', [newest!.name]);
    }
  });

  it('refuses the database of an application', async () => {
    await test.db.query(`UPDATE atriz.identity SET definition = 'pshop_db'`);
    try {
      await expect(openSharedPool({ variables: { SHARED_DATABASE_URL: test.connectionString } })).rejects.toMatchObject(
        { code: 'IDENTITY_MISMATCH', message: expect.stringContaining('is pshop_db of family') },
      );
    } finally {
      await test.db.query(`UPDATE atriz.identity SET definition = 'atriz_shared'`);
    }
  });

  it('says that SHARED_DATABASE_URL is wrong', async () => {
    await expect(openSharedPool({ variables: { SHARED_DATABASE_URL: 'nonsense' } })).rejects.toMatchObject({
      code: 'CONNECTION_STRING_INVALID',
      message: expect.stringContaining('SHARED_DATABASE_URL'),
    });
  });
});
