import { expect, test } from 'vitest';
import { defineDatabase, type DatabaseDefinition } from './definition.ts';
import { findSourceFaults, parseInstances } from './instances.ts';

const entries = (...values: readonly unknown[]) =>
  values.map((value, index) => ({ value, place: `tenants.txt:${index + 1}` }));

test('names and whole instances are taken in the order in which they were given', () => {
  const shard = { name: 'eu', database: 'orders', host: 'eu.db.example.com', port: 5433 };
  const apart = { name: 'big', urlVariable: 'BIG_URL' };

  expect(parseInstances(entries('zebra', shard, 'acme', apart))).toEqual({
    instances: [{ name: 'zebra' }, shard, { name: 'acme' }, apart],
    faults: [],
  });
});

test('no names at all are no fault: the first tenant has still to come', () => {
  expect(parseInstances([])).toEqual({ instances: [], faults: [] });
});

test('rubbish is told with its place', () => {
  const { faults } = parseInstances(
    entries('', 'a\tb', ' acme', 'x'.repeat(64), 'template1', null, 7, ['acme'], { nmae: 'acme' }),
  );

  expect(faults).toEqual([
    'tenants.txt:1: name must be a non-empty string',
    String.raw`tenants.txt:2: name "a\tb" contains a control character`,
    'tenants.txt:3: name " acme" begins or ends with a blank',
    `tenants.txt:4: name "${'x'.repeat(64)}" is longer than 63 bytes`,
    'tenants.txt:5: "template1" is PostgreSQL\'s own database',
    'tenants.txt:6: null is neither a name nor { name, … }',
    'tenants.txt:7: 7 is neither a name nor { name, … }',
    'tenants.txt:8: ["acme"] is neither a name nor { name, … }',
    'tenants.txt:9: nmae is not one of name, database, host, port, urlVariable',
    'tenants.txt:9: name must be a non-empty string',
  ]);
});

test('two of one name, and two of one database, are told with both places', () => {
  const { faults } = parseInstances(
    entries(
      'acme',
      'globex',
      'acme',
      { name: 'copy', database: 'globex' },
      { name: 'far', database: 'acme', host: 'b' },
    ),
  );

  expect(faults).toEqual([
    'tenants.txt:3: "acme" is there already, at tenants.txt:1',
    'tenants.txt:4: "copy" has the same database as tenants.txt:2',
  ]);
});

test('a host, a port or a variable that is none is a fault, and a connection string is not repeated', () => {
  const { faults } = parseInstances(
    entries(
      { name: 'a', host: 'two hosts' },
      { name: 'b', port: 0 },
      { name: 'c', port: '5432' },
      { name: 'd', urlVariable: 'postgresql://u:secret@h/d' },
      { name: 'e', urlVariable: 'E_URL', host: 'h' },
    ),
  );

  expect(faults).toEqual([
    'tenants.txt:1: host "two hosts" is not the name of a host',
    'tenants.txt:2: port 0 is not a number from 1 to 65535',
    'tenants.txt:3: port "5432" is not a number from 1 to 65535',
    'tenants.txt:4: urlVariable is not the name of an environment variable',
    'tenants.txt:5: urlVariable says where it is, so database, host and port have no place beside it',
  ]);
});

test.each([
  [['acme', 'globex'], []],
  [{ query: 'SELECT name FROM tenants' }, []],
  [{ query: 'SELECT name FROM tenants', database: 'atriz_shared' }, []],
  [{ file: 'tenants.txt' }, []],
  ['acme', ['instances must be a list, { query, database } or { file }']],
  [null, ['instances must be a list, { query, database } or { file }']],
  [{}, ['instances must be a list, { query, database } or { file }']],
  [{ query: 'SELECT 1', file: 'a' }, ['instances must be a list, { query, database } or { file }']],
  [{ file: 'a', database: 'b' }, ['instances.database belongs to a query, not to a file']],
  [{ query: '  ' }, ['instances.query must be a non-empty string']],
  [{ file: 5 }, ['instances.file must be a non-empty string']],
  [{ file: 'a', url: 'b' }, ['instances.url is not a known key']],
  [['acme', 'acme'], ['instances[1]: "acme" is there already, at instances[0]']],
])('instances of %j have the faults %j', (source, faults) => {
  expect(findSourceFaults(source)).toEqual(faults);
});

test('a definition tells the faults of its instances among its others', () => {
  const definition = { name: '', instances: 'acme' } as unknown as DatabaseDefinition;

  expect(() => defineDatabase(definition)).toThrow(/name must be a non-empty string; instances must be a list/);
  expect(defineDatabase({ name: 'tenant_db', instances: ['acme'] })).toMatchObject({ instances: ['acme'] });
});
