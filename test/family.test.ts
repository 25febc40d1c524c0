import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCatalog, readContents } from './harness/contents.ts';
import { copyFamily, countMigrations, OWNERS, type FamilyCopy } from './harness/family-copy.ts';
import type { Server } from './harness/server.ts';

const DATABASES = ['atriz_shared', 'atriz_db', 'mextrack_db', 'pshop_db'];

let family: FamilyCopy;
beforeAll(async () => {
  family = await copyFamily();
});
afterAll(() => family[Symbol.asyncDispose]());

async function contentsOfAll(server: Server): Promise<Record<string, Record<string, string>>> {
  const entries = await Promise.all(DATABASES.map(async (name) => [name, await readContents(server, name)] as const));
  return Object.fromEntries(entries);
}

/** What the application keeps: not the ledger, whose register of seeds says when they last ran. */
async function rowsOfAll(server: Server): Promise<string[]> {
  return Object.entries(await contentsOfAll(server)).flatMap(([database, tables]) =>
    Object.entries(tables)
      .filter(([table]) => !table.startsWith('atriz.'))
      .map(([table, rows]) => `${database} ${table} ${rows}`),
  );
}

/** The same without the hash: rows that were made anew have new times. */
const countsOf = (rows: readonly string[]): string[] => rows.map((row) => row.replace(/, \S+$/, ''));

async function run(args: readonly string[], path?: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await family.atriz([...args, '--json'], path === undefined ? {} : { in: path });
  if (code !== 0) throw new Error(`atriz ${args.join(' ')} ended with ${code}:\n${stderr}`);
  return (JSON.parse(stdout) as { databases: Record<string, unknown>[] }).databases;
}

test('one app can be worked on without the databases of the others', async () => {
  expect(await run(['create'], 'apps/mextrack')).toMatchObject([{ name: 'mextrack_db', created: true }]);
  const [migrated] = await run(['migrate'], 'apps/mextrack');
  expect(migrated!['applied']).toHaveLength(await countMigrations('apps/mextrack'));
  expect(await run(['seed'], 'apps/mextrack')).toMatchObject([{ name: 'mextrack_db', status: 'done' }]);

  const server = await family.server();
  await expect(server.query('mextrack_db', 'SELECT count(*)::int AS count FROM tracking_data')).resolves.toEqual([
    { count: 10_000 },
  ]);
  for (const name of ['atriz_shared', 'atriz_db', 'pshop_db']) {
    await expect(server.databaseExists(name)).resolves.toBe(false);
  }
});

test('setup makes what is missing of the four databases, core first', async () => {
  const { code, stdout, stderr } = await family.atriz(['setup']);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^atriz_shared +created, \d+ migrations, \d+ seeds /m);
  expect(stdout).toMatch(/^mextrack_db +roles applied /m);
  expect(stdout).toMatch(/^pshop_db +@atriz\/pshop-api +embedded +\d+ +0 +up to date$/m);
  expect(stdout.split('\n', 1)[0]).toMatch(/^atriz_shared /);
  const coreIsReady = stderr.indexOf('atriz_shared: seeded 003_user_roles');
  expect(coreIsReady).toBeGreaterThan(0);
  expect(stderr.indexOf('atriz_db: creating')).toBeGreaterThan(coreIsReady);
  expect(stderr.indexOf('pshop_db: creating')).toBeGreaterThan(coreIsReady);
});

test('status --json is the family’s state, in the shape that machines rely on', async () => {
  const { code, stdout, stderr } = await family.atriz(['status', '--json']);
  const rest = { provider: 'embedded', reachable: true, pending: [], problems: [] };

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    databases: [
      { name: 'atriz_shared', owner: '@atriz/core', applied: await countMigrations('packages/core'), ...rest },
      { name: 'atriz_db', owner: '@atriz/website', applied: await countMigrations('apps/atriz'), ...rest },
      { name: 'mextrack_db', owner: '@atriz/mextrack-api', applied: await countMigrations('apps/mextrack'), ...rest },
      { name: 'pshop_db', owner: '@atriz/pshop-api', applied: await countMigrations('apps/pshop'), ...rest },
    ],
  });
});

test('a second setup changes nothing, not even in the ledger', async () => {
  const server = await family.server();
  const before = await contentsOfAll(server);

  expect(await run(['setup'])).toMatchObject(
    DATABASES.map((name) => ({ name, created: false, applied: [], seeded: [] })),
  );
  await expect(contentsOfAll(server)).resolves.toEqual(before);
});

test('the seeds run twice change no row', async () => {
  const server = await family.server();
  const before = await rowsOfAll(server);

  expect(await run(['seed'])).toMatchObject(DATABASES.map((name) => ({ name, status: 'done' })));
  await expect(rowsOfAll(server)).resolves.toEqual(before);
});

test('the rows of the apps belong to users of the shared database', async () => {
  const server = await family.server();
  const users = await server.query<{ id: string }>('atriz_shared', 'SELECT id FROM users');
  const known = new Set(users.map(({ id }) => id));

  for (const [database, table] of [
    ['atriz_db', 'user_profiles'],
    ['mextrack_db', 'vehicles'],
    ['pshop_db', 'sales'],
  ] as const) {
    const owners = await server.query<{ user_id: string }>(database, `SELECT DISTINCT user_id FROM ${table}`);
    expect(owners.length).toBeGreaterThan(0);
    expect(owners.filter(({ user_id: id }) => !known.has(id))).toEqual([]);
  }
});

test('clean empties all four and seed refills them, without a migration', async () => {
  const server = await family.server();
  const before = await rowsOfAll(server);
  const history = before.filter((row) => row.includes('pgmigrations'));

  const cleaned = await run(['clean', '--yes']);
  expect(cleaned.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
  const empty = await rowsOfAll(server);
  expect(empty.filter((row) => row.includes('pgmigrations'))).toEqual(history);
  expect(empty.filter((row) => !row.includes('pgmigrations') && !row.includes(' 0 rows'))).toEqual([]);

  expect(await run(['migrate'])).toMatchObject(DATABASES.map((name) => ({ name, applied: [] })));
  await run(['seed']);
  expect(countsOf(await rowsOfAll(server))).toEqual(countsOf(before));
});

test('every Down section can be undone and redone, one at a time, and leaves the same schema at each step', async () => {
  const server = await family.server();
  await Promise.all(
    OWNERS.map(async (path, index) => {
      const database = DATABASES[index]!;
      const count = await countMigrations(path);
      // with all that the seeds brought, such as partitions, which stay when the migration that makes them is undone
      const [all] = await run(['migrate', 'down', `--count=${count}`], path);
      expect(all!['undone']).toHaveLength(count);

      const catalogs = [await readCatalog(server, database)];
      for (let done = 1; done <= count; done += 1) {
        const [result] = await run(['migrate', 'up', '--count=1'], path);
        expect(result!['applied']).toHaveLength(1);
        catalogs[done] = await readCatalog(server, database);
      }
      for (let left = count - 1; left >= 0; left -= 1) {
        const [result] = await run(['migrate', 'down'], path);
        expect(result!['undone']).toHaveLength(1);
        expect(await readCatalog(server, database)).toEqual(catalogs[left]);
      }
      expect(catalogs[0]!.filter((line) => !/\batriz\b|pgmigrations/.test(line))).toEqual([]);
      expect(await run(['migrate', 'down'], path)).toMatchObject([{ undone: [] }]);
      await run(['migrate'], path);
      expect(await readCatalog(server, database)).toEqual(catalogs[count]);
    }),
  );
});

test('setup brings back the seeds whose rows went with an undone migration', async () => {
  const seeded = (await run(['setup'])).map((each) => (each['seeded'] as string[]).length > 0);

  expect(seeded).toEqual([true, true, true, true]);
  expect(await run(['setup'])).toMatchObject(DATABASES.map(() => ({ seeded: [] })));
});

test('redo undoes the newest migration and applies it again', async () => {
  const server = await family.server();
  const before = await readCatalog(server, 'pshop_db');
  const [{ undone, applied }] = (await run(['migrate', 'redo'], 'apps/pshop')) as [
    { undone: string[]; applied: string[] },
  ];

  expect(undone).toHaveLength(1);
  expect(applied).toEqual(undone);
  await expect(readCatalog(server, 'pshop_db')).resolves.toEqual(before);
});

test('reset makes one database anew and leaves the others as they are', async () => {
  const server = await family.server();
  const before = await contentsOfAll(server);

  expect(await run(['reset', '--yes'], 'apps/atriz')).toMatchObject([{ name: 'atriz_db', created: true }]);
  const after = await contentsOfAll(server);
  expect({ ...after, atriz_db: undefined }).toEqual({ ...before, atriz_db: undefined });
  expect(Object.keys(after['atriz_db']!)).toEqual(Object.keys(before['atriz_db']!));
});

test('health answers for each database', async () => {
  expect(await run(['health'])).toMatchObject(DATABASES.map((name) => ({ name, status: 'done', connected: true })));
});
