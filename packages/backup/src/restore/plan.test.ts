import { defineDatabase } from '@atriz/database';
import { defaultSafety, type FamilyDatabase } from '@atriz/database/workspace';
import type { Target } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import type { Manifest, ManifestDatabase } from '../manifest/manifest.ts';
import { chooseDatabases, planDatabases, type DatabaseFacts, type ServerFacts } from './plan.ts';

const NOW = new Date('2026-11-21T12:30:46Z');
const FAMILY = { name: 'shop', databases: ['users_db', 'shop_db'].map(declare) };

function declare(name: string): FamilyDatabase {
  return { ...defineDatabase({ name }), owner: `@shop/${name}`, directory: '/', dependsOn: [] };
}

function entryOf(name: string, more: Partial<ManifestDatabase> = {}): ManifestDatabase {
  return {
    name,
    databaseName: name,
    server: 0,
    identity: { family: 'shop', definition: name, environment: 'development', protected: false, instance: null },
    snapshot: '1:1:',
    takenAt: '2026-11-21T12:00:00.000Z',
    bytes: 100_000_000,
    locale: {},
    migrations: [],
    tables: [],
    sequences: [],
    ...more,
  } as ManifestDatabase;
}

const MANIFEST = {
  id: 'backup-20261121T120000Z-00c0ffee',
  family: 'shop',
  servers: [{ host: '127.0.0.1', port: 5432, version: 150_018, systemIdentifier: '1' }],
  databases: [entryOf('users_db'), entryOf('shop_db')],
} as unknown as Manifest;

const SERVER: ServerFacts = {
  version: 180_000,
  names: new Set(['postgres', 'users_db', 'shop_db']),
  freeBytes: undefined,
};

function factsOf(entry: ManifestDatabase, server: ServerFacts = SERVER, environment = 'development'): DatabaseFacts {
  const target: Target = {
    database: declare(entry.name),
    family: 'shop',
    provider: 'postgresql',
    environment,
    safety: defaultSafety('development'),
    parameters: {
      host: '127.0.0.1',
      port: 5432,
      user: 'me',
      password: undefined,
      database: entry.name,
      ssl: undefined,
    },
    settings: [],
  };
  return { entry, target, server };
}

const FACTS = MANIFEST.databases.map((entry) => factsOf(entry));
const namesOf = (plan: ReturnType<typeof planDatabases>) => plan.map(({ finalName, oldName }) => [finalName, oldName]);

test('beside what exists each database gets an ending, or the one of them the name that was asked for', () => {
  expect(namesOf(planDatabases(FACTS, MANIFEST, { now: NOW, inPlace: false }))).toEqual([
    ['users_db_restored', undefined],
    ['shop_db_restored', undefined],
  ]);
  expect(namesOf(planDatabases(FACTS, MANIFEST, { now: NOW, inPlace: false, suffix: '_monday' }))[1]).toEqual([
    'shop_db_monday',
    undefined,
  ]);
  expect(namesOf(planDatabases([FACTS[1]!], MANIFEST, { now: NOW, inPlace: false, as: 'try' }))).toEqual([
    ['try', undefined],
  ]);
});

test('in place each one keeps its name, and what is there moves aside; where nothing is there nothing moves', () => {
  const bare = { ...SERVER, names: new Set(['postgres', 'users_db']) };
  const facts = MANIFEST.databases.map((entry) => factsOf(entry, bare));
  expect(namesOf(planDatabases(facts, MANIFEST, { now: NOW, inPlace: true }))).toEqual([
    ['users_db', 'users_db_before_20261121123046'],
    ['shop_db', undefined],
  ]);
});

test('a name that is taken, by a database or by another one of the restore, is refused', () => {
  const options = { now: NOW, inPlace: false };
  expect(() => planDatabases(FACTS, MANIFEST, { ...options, suffix: '' })).toThrow(
    expect.objectContaining({
      code: 'RESTORE_BLOCKED',
      message: 'there is a database "users_db" on 127.0.0.1:5432 already',
      hint: 'choose another name: --database users_db --as NAME, or --as-suffix ENDING',
    }),
  );
  expect(() => planDatabases(FACTS, MANIFEST, { ...options, as: 'both' })).toThrow(
    expect.objectContaining({ code: 'RESTORE_BLOCKED' }),
  );
});

test('a server that is older than the set is refused, a newer one is not', () => {
  const older = [factsOf(entryOf('users_db'), { ...SERVER, version: 140_020 })];
  expect(() => planDatabases(older, MANIFEST, { now: NOW, inPlace: false })).toThrow(
    expect.objectContaining({
      code: 'BACKUP_VERSION',
      message: expect.stringContaining('is of PostgreSQL 15, and 127.0.0.1:5432 is PostgreSQL 14'),
    }),
  );
});

test('the room that is needed is that of all databases together and a fifth more, for the server that they are on', () => {
  const withRoom = (freeBytes: number): DatabaseFacts[] => {
    const server = { ...SERVER, freeBytes };
    return MANIFEST.databases.map((entry) => factsOf(entry, server));
  };
  expect(() => planDatabases(withRoom(239_999_999), MANIFEST, { now: NOW, inPlace: false })).toThrow(
    expect.objectContaining({
      code: 'RESTORE_NO_ROOM',
      message: '127.0.0.1:5432 has 240 MB free, and the restore needs about 240 MB',
    }),
  );
  expect(planDatabases(withRoom(240_000_000), MANIFEST, { now: NOW, inPlace: false })).toHaveLength(2);
});

test('in place no database crosses the border of production unless it is named', () => {
  const { identity } = entryOf('users_db');
  const production = entryOf('users_db', { identity: { ...identity!, environment: 'production', protected: true } });
  const facts = [factsOf(production)];
  expect(planDatabases(facts, MANIFEST, { now: NOW, inPlace: false })).toHaveLength(1);
  expect(() => planDatabases(facts, MANIFEST, { now: NOW, inPlace: true })).toThrow(
    expect.objectContaining({
      code: 'IDENTITY_MISMATCH',
      hint: expect.stringContaining('identity set --database users_db'),
    }),
  );
  const allowed = { now: NOW, inPlace: true, allowDestructive: 'shop_db, users_db' };
  expect(planDatabases(facts, MANIFEST, allowed)).toHaveLength(1);
  expect(
    planDatabases([factsOf(production, SERVER, 'production')], MANIFEST, { now: NOW, inPlace: true }),
  ).toHaveLength(1);
});

test.for([
  ['another family', { ...MANIFEST, family: 'garden' }, {}, 'BACKUP_FOREIGN'],
  ['a database that is declared nowhere', { ...MANIFEST, databases: [entryOf('old_db')] }, {}, 'BACKUP_FOREIGN'],
  [
    'one that says it is another',
    { ...MANIFEST, databases: [entryOf('shop_db', { identity: entryOf('users_db').identity })] },
    {},
    'BACKUP_FOREIGN',
  ],
  ['a database that the set has not', MANIFEST, { databases: ['log_db'] }, 'DATABASE_UNKNOWN'],
  ['one name for two', MANIFEST, { as: 'one' }, 'ARGUMENT_INVALID'],
  ['another name in place', MANIFEST, { inPlace: true, as: 'one', databases: ['shop_db'] }, 'ARGUMENT_INVALID'],
] as const)('a request for %s is refused', ([, manifest, request, code]) => {
  expect(() => chooseDatabases(manifest as Manifest, FAMILY, { inPlace: false, ...request })).toThrow(
    expect.objectContaining({ code }),
  );
});

test('those that are named are chosen, or all', () => {
  const [users, shop] = MANIFEST.databases;
  expect(chooseDatabases(MANIFEST, FAMILY, { inPlace: true })).toEqual([users, shop]);
  expect(chooseDatabases(MANIFEST, FAMILY, { inPlace: true, databases: ['shop_db'] })).toEqual([shop]);
});
