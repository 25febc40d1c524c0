import { join } from 'node:path';
import { runSeeds, seedId } from '@atriz/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSharedTestDatabase, openTestDatabase, type TestDatabase } from '../test/database.ts';

const directory = join(import.meta.dirname, '../seeds');
const TABLES = ['contact_messages', 'pages', 'user_preferences', 'user_profiles'];
let test: TestDatabase;

beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test[Symbol.asyncDispose]());

async function readEverything(): Promise<unknown[][]> {
  return Promise.all(TABLES.map(async (table) => (await test.owner.query(`SELECT * FROM ${table} ORDER BY 1`)).rows));
}

describe('the seeds of the website', () => {
  it('change nothing when they run again', async () => {
    await runSeeds(test.owner.pool, { directory });
    const before = await readEverything();
    expect(before.map((rows) => rows.length)).toStrictEqual([3, 6, 4, 4]);
    await runSeeds(test.owner.pool, { directory });
    expect(await readEverything()).toStrictEqual(before);
  });

  it('name users of core only', async () => {
    await using shared = await openSharedTestDatabase();
    await runSeeds(shared.owner.pool, { directory: join(import.meta.dirname, '../../../packages/core/seeds') });
    await runSeeds(test.owner.pool, { directory });
    const named = await test.owner.query<{ ids: string[] }>(
      `SELECT array_agg(DISTINCT id) AS ids
       FROM (
         SELECT author_id AS id FROM pages
         UNION SELECT user_id FROM user_profiles
         UNION SELECT user_id FROM user_preferences
         UNION SELECT user_id FROM contact_messages
         UNION SELECT handled_by FROM contact_messages
       ) AS named
       WHERE id IS NOT NULL`,
    );
    const { ids } = named.rows[0]!;
    expect(ids).toContain(seedId('user:admin@atriz.dev'));
    const { rowCount } = await shared.owner.query('SELECT 1 FROM users WHERE id = ANY ($1)', [ids]);
    expect(rowCount).toBe(ids.length);
  });

  it('make nothing in production', async () => {
    await runSeeds(test.owner.pool, { directory, environment: 'production' });
    expect(await readEverything()).toStrictEqual([[], [], [], []]);
  });
});
