import type { InstanceSource } from '@atriz/database';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlantation, type Plantation } from '../../test/plantation.ts';
import type { Target } from '../target.ts';
import { readInstances } from './instance-source.ts';

let plants: Plantation;
let openDatabase: (name: string) => Promise<Target>;
beforeAll(async () => {
  plants = await openPlantation();
  await plants.query(`
    CREATE TABLE tenants (name text, region text, port int);
    INSERT INTO tenants VALUES ('zebra', NULL, NULL), ('acme', 'eu.db.example.com', 5433)`);
  openDatabase = async (name) => ({ ...plants.target, database: { ...plants.target.database, name } });
});
afterAll(() => plants[Symbol.asyncDispose]());

function read(instances: InstanceSource | undefined) {
  const target = { ...plants.target, database: { ...plants.target.database, instances } };
  return readInstances(target, { openDatabase });
}

test('a definition without a source has no instances', async () => {
  await expect(read(undefined)).resolves.toEqual([]);
});

test('a list gives its instances', async () => {
  await expect(read(['acme', { name: 'globex', port: 5433 }])).resolves.toEqual([
    { name: 'acme' },
    { name: 'globex', port: 5433 },
  ]);
});

test('a query gives one for each row, in the definition’s own database or in another', async () => {
  const query = 'SELECT name, region AS host, port FROM tenants ORDER BY name';
  const expected = [{ name: 'acme', host: 'eu.db.example.com', port: 5433 }, { name: 'zebra' }];

  await expect(read({ query })).resolves.toEqual(expected);
  await expect(read({ query, database: 'registry' })).resolves.toEqual(expected);
});

test('a query that yields nothing gives none', async () => {
  await expect(read({ query: 'SELECT name FROM tenants WHERE false' })).resolves.toEqual([]);
});

test('a file gives one for each line that is neither empty nor a comment, or the elements of its JSON', async () => {
  await plants.write('tenants.txt', '\uFEFF# ours\r\nacme\r\n\r\n  globex  \n#initech\n');
  await plants.write('tenants.json', JSON.stringify(['acme', { name: 'globex', urlVariable: 'GLOBEX_URL' }]));
  await plants.write('none.txt', '# nobody yet\n');

  await expect(read({ file: 'tenants.txt' })).resolves.toEqual([{ name: 'acme' }, { name: 'globex' }]);
  await expect(read({ file: 'tenants.json' })).resolves.toEqual([
    { name: 'acme' },
    { name: 'globex', urlVariable: 'GLOBEX_URL' },
  ]);
  await expect(read({ file: 'none.txt' })).resolves.toEqual([]);
});

test('rubbish and doubles are told with their places, five at most', async () => {
  await plants.write('rubbish.txt', ['acme', 'acme', 'postgres', ...Array(4).fill('x'.repeat(64))].join('\n'));

  await expect(read({ file: 'rubbish.txt' })).rejects.toMatchObject({
    code: 'INSTANCES_INVALID',
    message: expect.stringMatching(
      /^the instances of plants are not valid: rubbish\.txt:2: "acme" is there already, at rubbish\.txt:1; rubbish\.txt:3: "postgres" is PostgreSQL's own database; .*; … and 1 more$/,
    ),
  });
  await expect(read({ query: `SELECT datname AS name FROM pg_database` })).rejects.toMatchObject({
    code: 'INSTANCES_INVALID',
    message: expect.stringMatching(/row \d+: "template1" is PostgreSQL's own database/),
  });
});

test('the definition’s own database is no instance of itself', async () => {
  const { database } = plants.target.parameters;
  await expect(read([{ name: 'own', database }])).rejects.toMatchObject({
    code: 'INSTANCES_INVALID',
    message: expect.stringContaining('"own" is the definition\'s own database'),
  });
});

test.each([
  ['SELECT region FROM tenants', 'yields the columns region; they may be name, database, host, port, url_variable'],
  ['SELECT * FROM tenants', 'yields the columns name, region, port; they may be'],
  ['SELECT 1 AS name; SELECT 2', 'yields the columns (none)'],
  ['SELEKT', 'syntax error at or near "SELEKT"'],
  [`INSERT INTO tenants VALUES ('new') RETURNING name`, 'cannot execute INSERT in a read-only transaction'],
])('%s is refused', async (query, message) => {
  await expect(read({ query })).rejects.toMatchObject({
    code: 'INSTANCES_INVALID',
    message: expect.stringContaining(message),
  });
});

test('a query whose table is not there yet says what to migrate', async () => {
  await expect(read({ query: 'SELECT name FROM customers', database: 'registry' })).rejects.toMatchObject({
    code: 'NOT_MIGRATED',
    hint: 'migrate it first: pnpm exec atriz migrate --database registry',
  });
});

test.each([
  ['absent.txt', undefined],
  ['broken.json', '["acme"'],
  ['object.json', '{ "name": "acme" }'],
])('a file that cannot be read, %s, is told by its path', async (file, text) => {
  if (text !== undefined) await plants.write(file, text);

  await expect(read({ file })).rejects.toMatchObject({
    code: 'INSTANCES_INVALID',
    message: expect.stringContaining(file),
  });
});
