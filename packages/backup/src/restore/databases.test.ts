import { AtrizError } from '@atriz/database';
import { readRuns, type Context } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { createSlots } from '../engines/limited.ts';
import type { ManifestDatabase } from '../manifest/manifest.ts';
import { restoreDatabases, type RestoreDatabasesOptions } from './databases.ts';
import { oldName, unfinishedName } from './names.ts';
import { dropOldDatabases, readOldDatabases, swapBack } from './old.ts';
import type { PlannedDatabase } from './plan.ts';
import type { DatabaseSource } from './source.ts';

const SET = 'backup-20261121T120000Z-00c0ffee';
const NOW = new Date('2026-11-21T12:30:46Z');

type Fill = DatabaseSource['fill'];

function copyLive(family: TestFamily): Fill {
  return async (entry, into) => {
    await family.query('postgres', `CREATE DATABASE "${into.parameters.database}" TEMPLATE "${entry.name}"`);
    await family.query(into.parameters.database, 'CREATE TABLE restored ()');
    return [];
  };
}

/** What a set would bring back: here a copy of the live database, whose table says that it was restored. */
function restoring(
  family: TestFamily,
  { fill, ...more }: Partial<RestoreDatabasesOptions> & { readonly fill?: Fill } = {},
): RestoreDatabasesOptions {
  return {
    set: SET,
    source: {
      prepare: async () => ['a role differs'],
      fill: fill ?? copyLive(family),
      settle: async () => ['a setting was refused'],
      [Symbol.asyncDispose]: async () => undefined,
    },
    slots: createSlots(2),
    compare: async () => [],
    command: 'backup restore',
    dropOld: false,
    context: {},
    ...more,
  };
}

function plan(family: TestFamily, names: readonly string[], ending?: string): PlannedDatabase[] {
  return names.map((name) => ({
    entry: {
      name,
      tables: [],
      migrations: [{ name: '1700000000000_gone', checksum: null }],
    } as unknown as ManifestDatabase,
    target: family.target(name),
    unfinishedName: unfinishedName(),
    finalName: `${name}${ending ?? ''}`,
    oldName: ending === undefined ? oldName(name, NOW) : undefined,
  }));
}

/** The family's databases, and those of `others` that are there; another test's may be on the server, too. */
async function readNames(family: TestFamily, others: readonly string[] = []): Promise<string[]> {
  const rows = await family.query<{ name: string }>(
    'postgres',
    `SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) OR datname = ANY ($2) ORDER BY 1`,
    [family.workspace.family.name, others],
  );
  return rows.map(({ name }) => name.replace(`${family.workspace.family.name}_`, ''));
}

const LIVE = ['people', 'shops', 'trips'];

test('beside what exists: made under another name, proven, named, and in the ledger', async () => {
  await using family = await openTestFamily({ people: 1 });
  const { people } = family.names;
  const runId = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
  const { databases, warnings } = await restoreDatabases(
    plan(family, [people], '_monday'),
    restoring(family, { context: { runId } }),
  );
  expect(databases[0]).toMatchObject({
    name: people,
    databaseName: `${people}_monday`,
    kept: null,
    pending: ['1700000000001_tables'],
    unknown: ['1700000000000_gone'],
  });
  expect(warnings).toEqual(['a role differs', `${people}_monday: a setting was refused`]);
  expect(await readNames(family)).toEqual(['people', 'people_monday', 'shops', 'trips']);
  const target = family.target(people);
  const beside = { ...target, parameters: { ...target.parameters, database: `${people}_monday` } };
  expect((await readRuns(beside, { limit: 1 }))[0]).toMatchObject({ runId, command: 'backup restore', changes: [SET] });
});

test('in place: all take their places together, the old ones are kept, found again, and change back', async () => {
  await using family = await openTestFamily({ people: 1 });
  const { people, shops } = family.names;
  const { databases } = await restoreDatabases(plan(family, [people, shops]), restoring(family));
  expect(databases.map(({ kept }) => kept)).toEqual([oldName(people, NOW), oldName(shops, NOW)]);
  const ending = '_before_20261121123046';
  expect(await readNames(family)).toEqual(['people', `people${ending}`, 'shops', `shops${ending}`, 'trips']);
  expect(await family.query(people, 'SELECT FROM restored')).toEqual([]);

  const old = await readOldDatabases(family.workspace, [people, shops]);
  expect(old.map(({ databaseName }) => databaseName)).toEqual([oldName(people, NOW), oldName(shops, NOW)]);
  await swapBack(old, [people, shops], {});
  expect(await readNames(family)).toEqual(['people', 'people_restored', 'shops', 'shops_restored', 'trips']);
  await expect(family.query(people, 'SELECT FROM restored')).rejects.toThrow('does not exist');
  await expect(swapBack([], [people], {})).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
});

test('what was replaced is dropped at once where that was asked for, or later, unless it is protected', async () => {
  await using family = await openTestFamily({ people: 1 });
  const { people, shops } = family.names;
  await restoreDatabases(plan(family, [people]), restoring(family, { dropOld: true }));
  expect(await readNames(family)).toEqual(LIVE);
  await restoreDatabases(plan(family, [shops]), restoring(family));
  const old = await readOldDatabases(family.workspace, Object.values(family.names));
  await family.query(old[0]!.databaseName, 'UPDATE atriz.identity SET protected = true');
  await expect(dropOldDatabases(old, {})).rejects.toMatchObject({ code: 'DESTRUCTIVE_REFUSED' });
  expect(await readNames(family)).toHaveLength(4);
  await dropOldDatabases(old, { allowDestructive: shops });
  expect(await readNames(family)).toEqual(LIVE);
});

test.for(['fill', 'compare', 'interrupt'] as const)(
  'a restore that fails (%s) leaves nothing, and all as it was',
  async (where) => {
    await using family = await openTestFamily({ people: 1 });
    const { people, shops } = family.names;
    const interruption = new AbortController();
    const copy = copyLive(family);
    const fill: Fill = async (entry, into, signal) => {
      await copy(entry, into, signal);
      if (entry.name !== shops) return [];
      if (where === 'fill') throw new AtrizError('DISK_FULL', 'no room');
      if (where === 'interrupt') interruption.abort(new AtrizError('INTERRUPTED', 'stopped by SIGINT'));
      return [];
    };
    const compare = async () => (where === 'compare' ? ['public.people has 2 rows, the set has 1'] : []);
    const context: Context = { signal: interruption.signal };
    const code = { fill: 'DISK_FULL', compare: 'BACKUP_UNPROVEN', interrupt: 'INTERRUPTED' }[where];
    const planned = plan(family, [people, shops]);
    await expect(restoreDatabases(planned, restoring(family, { fill, compare, context }))).rejects.toMatchObject({
      code,
    });
    const unfinished = planned.map((each) => each.unfinishedName);
    expect(await readNames(family, unfinished)).toEqual(LIVE);
  },
);

test('a database that a killed restore left is dropped by the next one, one that is being filled is not', async () => {
  await using family = await openTestFamily({ people: 1 });
  const { people, shops } = family.names;
  const left = unfinishedName();
  await family.query('postgres', `CREATE DATABASE "${left}"`);
  const usual = restoring(family);
  const fill: Fill = async (entry, into, signal) => {
    await restoreDatabases(plan(family, [shops], '_other'), usual);
    return usual.source.fill(entry, into, signal);
  };
  await restoreDatabases(plan(family, [people], '_one'), restoring(family, { fill }));
  expect(await readNames(family, [left])).toEqual(['people', 'people_one', 'shops', 'shops_other', 'trips']);
});

test('of two restores to one name the second is refused before it begins', async () => {
  await using family = await openTestFamily({ people: 1 });
  const { people } = family.names;
  const usual = restoring(family);
  const fill: Fill = async (entry, into, signal) => {
    await expect(restoreDatabases(plan(family, [people]), usual)).rejects.toMatchObject({ code: 'RESTORE_BLOCKED' });
    return usual.source.fill(entry, into, signal);
  };
  await restoreDatabases(plan(family, [people]), restoring(family, { fill }));
  expect(await readNames(family)).toEqual(['people', 'people_before_20261121123046', 'shops', 'trips']);
});

test('twenty restores at once, each to a name of its own, all arrive', async () => {
  await using family = await openTestFamily({ people: 1 });
  const { people } = family.names;
  const usual = restoring(family, {
    fill: async (_, into) => {
      await family.query('postgres', `CREATE DATABASE "${into.parameters.database}" TEMPLATE template0`);
      return [];
    },
  });
  const endings = Array.from({ length: 20 }, (_, index) => `_${index + 10}`);
  await Promise.all(endings.map((ending) => restoreDatabases(plan(family, [people], ending), usual)));
  expect(await readNames(family)).toEqual(['people', ...endings.map((ending) => `people${ending}`), 'shops', 'trips']);
});
