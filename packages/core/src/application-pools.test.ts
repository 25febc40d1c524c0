import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { openGate } from '../test/gate.ts';
import { openApplicationPools } from './application-pools.ts';
import { sharedDatabase } from './definition.ts';
import { followRevocations } from './tokens/revocations.ts';

/** An application needs a database of its own; any will do here. */
const application = { ...sharedDatabase, urlVariable: 'DATABASE_URL' };
const directory = join(import.meta.dirname, '..');
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

const openPools = (own: string, shared: string) =>
  openApplicationPools(application, { directory, variables: { DATABASE_URL: own, SHARED_DATABASE_URL: shared } });

async function whoIn(variables: Record<string, string>): Promise<unknown> {
  await using pools = await openApplicationPools(application, { directory, variables });
  return (await pools.own.query('SELECT current_user AS who')).rows[0]?.['who'];
}

describe('openApplicationPools', () => {
  it('opens both databases, and says which of them may be away', async () => {
    await using pools = await openPools(test.connectionString, test.connectionString);
    expect(pools.databases.map(({ db, optional = false }) => [db, optional])).toStrictEqual([
      [pools.own, false],
      [pools.shared, true],
    ]);
  });

  it('keeps a connection for listening beside those of the shared pool, however few these are', async () => {
    const variables = { DATABASE_URL: test.connectionString, SHARED_DATABASE_URL: test.connectionString };
    await using pools = await openApplicationPools(application, { directory, variables, max: 1 });
    await using _follower = await followRevocations({ pool: pools.listening });
    expect((await pools.shared.query('SELECT 1 AS one')).rows).toStrictEqual([{ one: 1 }]);
  });

  it('starts without the shared database, and finds it when it is there', async () => {
    await using gate = await openGate(test.connectionString);
    await using pools = await openPools(test.connectionString, gate.connectionString);
    expect((await pools.own.query('SELECT 1 AS one')).rows).toStrictEqual([{ one: 1 }]);
    await expect(pools.shared.query('SELECT 1')).rejects.toBeInstanceOf(Error);
    gate.open();
    expect((await pools.shared.query('SELECT 1 AS one')).rows).toStrictEqual([{ one: 1 }]);
  });

  it('takes the runtime role where the settings name a superuser, but not in production', async () => {
    const { rows } = await test.db.query<{ name: string }>('SELECT current_database() AS name');
    const role = `${rows[0]!.name}_app`;
    await test.db.query(`CREATE ROLE ${role} ROLE CURRENT_USER`);
    await test.db.query(`GRANT USAGE ON SCHEMA atriz TO ${role}`);
    const variables = { DATABASE_URL: test.connectionString, SHARED_DATABASE_URL: test.connectionString };
    expect(await whoIn(variables)).toBe(role);
    expect(await whoIn({ ...variables, NODE_ENV: 'production' })).not.toBe(role);
    await test.db.query(`DROP OWNED BY ${role}`);
    await test.db.query(`DROP ROLE ${role}`);
  });

  it('does not start without its own database', async () => {
    await using gate = await openGate(test.connectionString);
    await expect(openPools(gate.connectionString, test.connectionString)).rejects.toMatchObject({
      code: expect.stringMatching(/^(SERVER_UNREACHABLE|CONNECTION_FAILED)$/),
    });
  });

  it('does not start with another database in the place of the shared one', async () => {
    await using other = await openTestDatabase();
    await other.db.query(`UPDATE atriz.identity SET definition = 'pshop_db'`);
    await expect(openPools(test.connectionString, other.connectionString)).rejects.toMatchObject({
      code: 'IDENTITY_MISMATCH',
      message: expect.stringContaining('is pshop_db of family'),
    });
  });
});
