import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCESS, openGarden, type Garden } from '../../test/garden.ts';
import { migration } from '../../test/plantation.ts';
import { migrateUp } from '../migrations/migrate.ts';
import { migrateRedo } from '../migrations/undo.ts';
import { checkRoles } from './check.ts';
import { roleNames } from './names.ts';

const DENIED = { code: '42501' };

test('the first time says what it did, the second does nothing, and the check finds nothing', async () => {
  await using garden = await openGarden({ applied: false });
  const { owner, app } = roleNames(garden.target.parameters.database);
  await expect(garden.check()).resolves.toEqual(['the roles were never applied']);
  const changes = await garden.apply();
  expect(changes).toEqual(
    expect.arrayContaining([
      `role ${owner} is missing`,
      `table public.trees belongs to ${garden.target.parameters.user}`,
      `${app} may not SELECT, INSERT, UPDATE, DELETE on table public.trees`,
      `PUBLIC may CONNECT, TEMPORARY on database ${garden.target.parameters.database}`,
    ]),
  );
  await expect(garden.check()).resolves.toEqual([]);
  await expect(garden.apply()).resolves.toEqual([]);
});

test('the runtime role works on rows, sequences, functions and temporary tables', async () => {
  await using garden = await openGarden();
  const { as } = garden;
  await expect(as('app', `INSERT INTO trees (name) VALUES ('oak') RETURNING id`)).resolves.toEqual([1]);
  await expect(as('app', `INSERT INTO rings VALUES (2026, 4) RETURNING width`)).resolves.toEqual([4]);
  await expect(as('app', `UPDATE trees SET secret = 'x' RETURNING name`)).resolves.toEqual(['oak']);
  await expect(as('app', `SELECT nextval('notes_id_seq')::int`)).resolves.toEqual([1]);
  await expect(as('app', 'SELECT height()')).resolves.toEqual([3]);
  await expect(as('app', 'SELECT name FROM names')).resolves.toEqual(['oak']);
  await expect(as('app', 'CREATE TEMPORARY TABLE basket ()')).resolves.toEqual([]);
  await expect(as('app', 'DELETE FROM trees')).resolves.toEqual([]);
});

describe('with one garden for all', () => {
  let garden: Garden;
  beforeAll(async () => {
    garden = await openGarden();
  });
  afterAll(() => garden[Symbol.asyncDispose]());

  test.each([
    ['makes no table', 'CREATE TABLE weeds ()'],
    ['alters none', 'ALTER TABLE trees ADD weed int'],
    ['empties none', 'TRUNCATE trees'],
    ['makes no schema', 'CREATE SCHEMA weeds'],
    ['makes no function', `CREATE FUNCTION weed() RETURNS int LANGUAGE sql AS 'SELECT 1'`],
    ['switches no policy off', 'ALTER TABLE notes DISABLE ROW LEVEL SECURITY'],
    ['reaches no partition past its table', 'SELECT * FROM rings_2026'],
    ['does no more than access lets it', 'DELETE FROM nursery.seedlings'],
    ['reads no migration’s text', 'SELECT text FROM atriz.migrations'],
    ['reads not who ran what', 'SELECT * FROM atriz.runs'],
    ['writes no history', `INSERT INTO pgmigrations (name, run_on) VALUES ('x', now())`],
  ])('the runtime role %s', async (_, statement) => {
    await expect(garden.as('app', statement)).rejects.toMatchObject(DENIED);
  });
});

test('the runtime role becomes no other, and enters no other database', async () => {
  await using garden = await openGarden();
  await using other = await openGarden();
  const { owner } = roleNames(garden.target.parameters.database);
  await expect(garden.as('app', `SET ROLE ${owner}`)).rejects.toMatchObject(DENIED);
  const { database } = other.target.parameters;
  await expect(garden.as('app', 'SELECT 1', database)).rejects.toMatchObject({
    ...DENIED,
    message: `permission denied for database "${database}"`,
  });
});

test('the runtime role tells which database it is in and how far that is migrated', async () => {
  await using garden = await openGarden();
  await expect(garden.as('app', 'SELECT definition FROM atriz.identity')).resolves.toEqual(['plants']);
  await expect(garden.as('app', 'SELECT name FROM pgmigrations')).resolves.toEqual(['1700000000001_tables']);
  await expect(garden.as('read', 'SELECT checksum FROM atriz.migrations')).resolves.toHaveLength(1);
});

test('policies bind the runtime role and not the others', async () => {
  await using garden = await openGarden();
  await garden.query(`INSERT INTO notes (owner) VALUES ('anna'), ('bruno')`);
  await expect(garden.as('app', 'SELECT owner FROM notes')).resolves.toEqual([]);
  for (const role of ['owner', 'read', 'backup'] as const) {
    await expect(garden.as(role, 'SELECT owner FROM notes ORDER BY 1')).resolves.toEqual(['anna', 'bruno']);
  }
});

test('the read-only role reads what access leaves it, and writes nothing', async () => {
  await using garden = await openGarden();
  await garden.query(`INSERT INTO trees (name, secret) VALUES ('oak', 'hollow')`);
  await expect(garden.as('read', 'SELECT name FROM trees')).resolves.toEqual(['oak']);
  for (const statement of [
    'SELECT secret FROM trees',
    'SELECT * FROM trees',
    'SELECT * FROM nursery.seedlings',
    'SELECT * FROM rings_2026',
    'SELECT height()',
    `INSERT INTO trees (name) VALUES ('elm')`,
    'CREATE TEMPORARY TABLE basket ()',
  ]) {
    await expect(garden.as('read', statement)).rejects.toMatchObject(DENIED);
  }
});

test('the backup role reads everything, partitions, sequences and the ledger too, and writes nothing', async () => {
  await using garden = await openGarden();
  for (const relation of [
    'trees',
    'rings_2026',
    'nursery.seedlings',
    'notes_id_seq',
    'atriz.migrations',
    'atriz.roles',
  ]) {
    await expect(garden.as('backup', `SELECT count(*)::int FROM ${relation}`)).resolves.toHaveLength(1);
  }
  await expect(garden.as('backup', 'DELETE FROM trees')).rejects.toMatchObject(DENIED);
});

test('what a later migration makes belongs to the owner and is reachable at once, no more than access says', async () => {
  await using garden = await openGarden();
  const later = `CREATE TABLE herbs (id int GENERATED ALWAYS AS IDENTITY, name text, secret text);
    CREATE TABLE rings_2027 PARTITION OF rings FOR VALUES FROM (2027) TO (2028);`;
  await garden.write('migrations/1700000000002_herbs.sql', migration(later, 'DROP TABLE rings_2027, herbs;'));
  const { database } = garden.target;
  const target = { ...garden.target, database: { ...database, access: { ...ACCESS, herbs: { read: ['name'] } } } };
  await migrateUp(target);
  const { owner } = roleNames(garden.target.parameters.database);
  await expect(
    garden.list(`SELECT relowner::regrole::text FROM pg_class WHERE relname IN ('herbs', 'rings_2027')`),
  ).resolves.toEqual([owner, owner]);
  await expect(garden.as('app', `INSERT INTO herbs (name) VALUES ('sage') RETURNING name`)).resolves.toEqual(['sage']);
  await expect(garden.as('read', 'SELECT name FROM herbs')).resolves.toEqual(['sage']);
  await expect(garden.as('read', 'SELECT secret FROM herbs')).rejects.toMatchObject(DENIED);
  await expect(garden.as('app', 'SELECT * FROM rings_2027')).rejects.toMatchObject(DENIED);
  await expect(checkRoles(target)).resolves.toEqual({ findings: [] });
  await migrateRedo(target);
  await expect(garden.as('app', 'SELECT count(*)::int FROM herbs')).resolves.toEqual([0]);
  await expect(checkRoles(target)).resolves.toEqual({ findings: [] });
});

test('a run that fails at its second migration leaves the first one’s table reachable', async () => {
  await using garden = await openGarden();
  await garden.write('migrations/1700000000002_herbs.sql', migration('CREATE TABLE herbs ();'));
  await garden.write('migrations/1700000000003_fault.sql', migration('SELECT 1 / 0;'));
  await expect(migrateUp(garden.target)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await expect(garden.as('app', 'SELECT count(*)::int FROM herbs')).resolves.toEqual([0]);
});

test('twenty at once: all succeed, and one of them does it', async () => {
  await using garden = await openGarden({ applied: false });
  const runs = await Promise.all(Array.from({ length: 20 }, () => garden.apply()));
  expect(runs.filter((changes) => changes.length > 0)).toHaveLength(1);
  await expect(garden.check()).resolves.toEqual([]);
});

test('several databases at once do not meet', async () => {
  const gardens = await Promise.all([1, 2, 3, 4].map(() => openGarden({ applied: false })));
  await Promise.all(gardens.flatMap((garden) => [garden.apply(), garden.apply()]));
  for (const garden of gardens) {
    await expect(garden.check()).resolves.toEqual([]);
    await garden[Symbol.asyncDispose]();
  }
});

test('access that names what is not there is refused, so that a misspelt table is not left open', async () => {
  await using garden = await openGarden({
    applied: false,
    definition: { access: { tress: { read: [] }, trees: { read: ['nmae'] } } },
  });
  await expect(garden.apply()).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: expect.stringContaining('has not: table tress, column trees.nmae') as string,
  });
});

test('the roles of a newer Atriz are refused and left alone', async () => {
  await using garden = await openGarden();
  await garden.query('UPDATE atriz.roles SET version = 1000');
  await expect(garden.apply()).rejects.toMatchObject({
    code: 'ROLES_DRIFTED',
    message: expect.stringContaining('are of version 1000, made by a newer Atriz') as string,
  });
});

test('a database that was never migrated has nobody to give roles to: NOT_MIGRATED', async () => {
  await using garden = await openGarden({ applied: false, migrated: false, definition: {} });
  await expect(garden.apply()).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
});
