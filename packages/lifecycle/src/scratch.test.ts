import pg from 'pg';
import { expect, test } from 'vitest';
import { openPlantation, type Plantation } from '../test/plantation.ts';
import { withMaintenanceSession } from './maintenance.ts';
import { migrateUp } from './migrations/migrate.ts';
import { SCRATCH_PREFIX, withScratchDatabase } from './scratch.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

test('work gets an empty database of the same definition, encoding and locale, which is gone afterwards', async () => {
  await using plants = await openPlantation();
  const production = { ...plants.target, environment: 'production' };
  const name = await withScratchDatabase(production, {}, async (scratch) => {
    expect(scratch).toMatchObject({ database: plants.target.database, environment: 'development', settings: [] });
    expect(scratch.parameters.database).toMatch(/^atriz_scratch_[0-9a-f]{12}$/);
    await expect(ask(scratch, TABLES)).resolves.toEqual([]);
    await expect(ask(scratch, LOCALE)).resolves.toEqual(await plants.list(LOCALE));
    await migrateUp(scratch);
    return scratch.parameters.database;
  });
  await expect(exists(plants, name)).resolves.toBe(false);
});

test('a database that has yet to be created has a scratch database too', async () => {
  await using plants = await openPlantation();
  const parameters = { ...plants.target.parameters, database: 'no such one' };
  await expect(withScratchDatabase({ ...plants.target, parameters }, {}, async () => 'done')).resolves.toBe('done');
});

test('what work throws is thrown, and the database is dropped, with the sessions that work forgot', async () => {
  await using plants = await openPlantation();
  const forgotten: pg.Client[] = [];
  let name = '';
  await expect(
    withScratchDatabase(plants.target, {}, async ({ parameters }) => {
      name = parameters.database;
      forgotten.push(await connect(plants, name));
      throw new Error('no good');
    }),
  ).rejects.toThrow('no good');
  await expect(exists(plants, name)).resolves.toBe(false);
  await Promise.all(forgotten.map((client) => client.end().catch(() => undefined)));
});

test('an abort ends the work, its statements too, and drops the database: INTERRUPTED', async () => {
  await using plants = await openPlantation();
  const abortion = new AbortController();
  let name = '';
  const run = withScratchDatabase(plants.target, { signal: abortion.signal }, async (scratch) => {
    name = scratch.parameters.database;
    // Without the signal: even work that knows nothing of it ends.
    return withSession(scratch.parameters, {}, async (client) => {
      abortion.abort();
      await client.query('SELECT pg_sleep(600)');
    });
  });
  await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(exists(plants, name)).resolves.toBe(false);
});

test('after an abort nothing is created', async () => {
  await using plants = await openPlantation();
  const run = withScratchDatabase(plants.target, { signal: AbortSignal.abort() }, async () => expect.unreachable());
  await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

test('what a killed process left is dropped by the next; one in use stays', async () => {
  await using plants = await openPlantation();
  const left = `${SCRATCH_PREFIX}${'0'.repeat(11)}1`;
  const inSession = `${SCRATCH_PREFIX}${'0'.repeat(11)}2`;
  await maintain(plants, `CREATE DATABASE ${left}`);
  await maintain(plants, `CREATE DATABASE ${inSession}`);
  const session = await connect(plants, inSession);
  try {
    await withScratchDatabase(plants.target, {}, async (outer) => {
      await expect(exists(plants, left)).resolves.toBe(false);
      await expect(exists(plants, inSession)).resolves.toBe(true);
      // Nobody is connected to the outer one now: it is its owner's lock alone that keeps it.
      await withScratchDatabase(plants.target, {}, async () => undefined);
      await expect(exists(plants, outer.parameters.database)).resolves.toBe(true);
    });
  } finally {
    await session.end();
    await maintain(plants, `DROP DATABASE IF EXISTS ${inSession} WITH (FORCE)`);
  }
});

test('a user who may not create databases is told who can let him: PERMISSION_DENIED', async () => {
  await using plants = await openPlantation();
  const user = `role_of_${plants.target.parameters.database}`;
  await plants.query(`CREATE ROLE ${user} LOGIN PASSWORD 'guest'`);
  try {
    const parameters = { ...plants.target.parameters, user, password: 'guest' };
    const run = withScratchDatabase({ ...plants.target, parameters }, {}, async () => expect.unreachable());
    await expect(run).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(/^user "role_of_\w+" may not create database "atriz_scratch_\w+"$/) as string,
    });
  } finally {
    await plants.query(`DROP ROLE ${user}`);
  }
});

const TABLES = `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace OR relnamespace::regnamespace::text = 'atriz'`;
const LOCALE = `
SELECT concat_ws(' ', encoding, datcollate, datctype, to_jsonb(pg_database) ->> 'datlocprovider',
                 coalesce(to_jsonb(pg_database) ->> 'datlocale', to_jsonb(pg_database) ->> 'daticulocale'))
  FROM pg_database WHERE datname = current_database()`;

function ask({ parameters }: Target, text: string): Promise<unknown[]> {
  return withSession(parameters, {}, async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows.map((row) => Object.values(row)[0]);
  });
}

function maintain({ target }: Plantation, text: string): Promise<unknown> {
  return withMaintenanceSession(target, {}, (client) => client.query(text));
}

async function exists(plants: Plantation, name: string): Promise<boolean> {
  return (await plants.query('SELECT FROM pg_database WHERE datname = $1', [name])).length > 0;
}

async function connect({ target }: Plantation, database: string): Promise<pg.Client> {
  const { ssl, ...parameters } = target.parameters;
  const client = new pg.Client({ ...parameters, database, ssl: (ssl ?? false) as boolean });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
