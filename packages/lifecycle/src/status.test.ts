import { expect, test } from 'vitest';
import { migration, openPlantation } from '../test/plantation.ts';
import { migrateUp } from './migrations/migrate.ts';
import { readStatus } from './status.ts';

const TREES = '1700000000001_trees';
const HERBS = '1700000000002_herbs';
const MOSS = '1700000000003_moss';
const SELECT = migration('SELECT 1;');
const BASE = { name: 'plants', owner: '@plants/app', provider: 'postgresql' };

test('a database tells how many are applied and which are pending, and nothing is written by asking', async () => {
  await using plants = await openPlantation({ migrations: { [`${TREES}.sql`]: SELECT, [`${HERBS}.sql`]: SELECT } });
  await expect(readStatus(plants.target)).resolves.toEqual({
    ...BASE,
    reachable: true,
    applied: 0,
    pending: [TREES, HERBS],
    problems: [],
  });
  await expect(plants.list(`SELECT to_regclass('pgmigrations') || 'x'`)).resolves.toEqual([null]);
  await expect(plants.list(`SELECT to_regnamespace('atriz') || 'x'`)).resolves.toEqual([null]);
  await migrateUp(plants.target, { count: 1 });
  await expect(readStatus(plants.target)).resolves.toMatchObject({ applied: 1, pending: [HERBS], problems: [] });
});

test('a file that is gone and one that came too late are problems', async () => {
  await using plants = await openPlantation({ migrations: { [`${TREES}.sql`]: SELECT, [`${MOSS}.sql`]: SELECT } });
  await migrateUp(plants.target);
  await plants.remove(`migrations/${TREES}.sql`);
  await plants.write(`migrations/${HERBS}.sql`, SELECT);
  await expect(readStatus(plants.target)).resolves.toEqual({
    ...BASE,
    reachable: true,
    applied: 2,
    pending: [HERBS],
    problems: [
      {
        code: 'MIGRATION_MISSING',
        message: `${TREES} is applied, but its file is called ${HERBS} now`,
        hint: `give the file its old name back: ${TREES}.sql`,
      },
      {
        code: 'MIGRATION_OUT_OF_ORDER',
        message: `${HERBS} is not applied, but older than the newest applied`,
        hint: 'give the file a newer timestamp; or apply it all the same: atriz migrate up --allow-out-of-order',
      },
    ],
  });
});

test('a database of another definition is a problem', async () => {
  await using plants = await openPlantation();
  await migrateUp(plants.target);
  await plants.query(`UPDATE atriz.identity SET definition = 'animals'`);
  await expect(readStatus(plants.target)).resolves.toMatchObject({
    reachable: true,
    problems: [{ code: 'IDENTITY_MISMATCH', hint: expect.stringContaining('@plants/app') as string }],
  });
});

test('a database that is missing or unreachable has all of its migrations pending', async () => {
  await using plants = await openPlantation({ migrations: { [`${TREES}.sql`]: SELECT } });
  const { parameters } = plants.target;
  for (const [change, code] of [
    [{ database: 'no such one' }, 'DATABASE_MISSING'],
    [{ host: '127.0.0.1', port: 1 }, 'SERVER_UNREACHABLE'],
  ] as const) {
    await expect(readStatus({ ...plants.target, parameters: { ...parameters, ...change } })).resolves.toMatchObject({
      reachable: false,
      applied: 0,
      pending: [TREES],
      problems: [{ code }],
    });
  }
});

test('a migration file with a wrong name is a problem', async () => {
  await using plants = await openPlantation({ migrations: { '001_wrong.sql': SELECT } });
  await expect(readStatus(plants.target)).resolves.toEqual({
    ...BASE,
    reachable: false,
    applied: 0,
    pending: [],
    problems: [
      {
        code: 'MIGRATION_INVALID',
        message: `${plants.directory}/migrations/001_wrong.sql: not <13-digit ms timestamp>_<name>.sql`,
        hint: 'rename it; pnpm migrate:create makes well-named files',
      },
    ],
  });
});

test('a server that refuses to tell is a problem, not a rejection', async () => {
  await using plants = await openPlantation({ migrations: { [`${TREES}.sql`]: SELECT } });
  const user = `role_of_${plants.target.parameters.database}`;
  await migrateUp(plants.target);
  await plants.query(`CREATE ROLE ${user} LOGIN PASSWORD 'guest'`);
  try {
    const parameters = { ...plants.target.parameters, user, password: 'guest' };
    await expect(readStatus({ ...plants.target, parameters })).resolves.toMatchObject({
      reachable: true,
      pending: [TREES],
      problems: [{ code: 'QUERY_FAILED', message: 'the server refused to tell: permission denied for schema atriz' }],
    });
  } finally {
    await plants.query(`DROP ROLE ${user}`);
  }
});
