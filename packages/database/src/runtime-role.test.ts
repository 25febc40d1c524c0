import { createTestDatabase, type TestDatabase } from '@atriz/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineDatabase } from './definition.ts';
import { createDatabasePool } from './pool.ts';
import { assertRuntimeRole } from './runtime-role.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(defineDatabase({ name: 'empty' }), { directory: import.meta.dirname });
});
afterAll(() => database.drop());

const ask = async (connectionString: string, production: boolean): Promise<boolean> => {
  await using db = createDatabasePool({ connectionString, max: 1 });
  return await assertRuntimeRole(db, { production });
};

test('the runtime role is one, in production too', async () => {
  await expect(ask(database.appConnectionString, false)).resolves.toBe(true);
  await expect(ask(database.appConnectionString, true)).resolves.toBe(true);
});

test('a superuser is none, and refused in production', async () => {
  await expect(ask(database.connectionString, false)).resolves.toBe(false);
  await expect(ask(database.connectionString, true)).rejects.toMatchObject({
    code: 'ROLE_TOO_POWERFUL',
    message: `the application is connected to "${database.name}" as "${database.parameters.user}", a superuser`,
    hint: `connect as "${database.name}_app", which atriz roles apply makes`,
  });
});

test('a role that passes by row-level security is none', async () => {
  await expect(ask(database.readConnectionString, false)).resolves.toBe(false);
  await expect(ask(database.readConnectionString, true)).rejects.toMatchObject({
    code: 'ROLE_TOO_POWERFUL',
    message: expect.stringContaining('which passes by row-level security') as string,
  });
});

test('a role that owns a table is none', async () => {
  const role = new URL(database.appConnectionString).username;
  await using db = createDatabasePool({ connectionString: database.connectionString, max: 1 });
  await db.query(`CREATE TABLE mine (); ALTER TABLE mine OWNER TO "${role}"`);
  await expect(ask(database.appConnectionString, false)).resolves.toBe(false);
  await expect(ask(database.appConnectionString, true)).rejects.toMatchObject({
    code: 'ROLE_TOO_POWERFUL',
    message: expect.stringContaining('which owns mine, and could change it') as string,
  });
  await db.query('DROP TABLE mine');
});
