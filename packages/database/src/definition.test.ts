import { expect, test } from 'vitest';
import { defineDatabase, type DatabaseDefinition } from './definition.ts';

test('a definition of nothing but a name gets the defaults', () => {
  expect(defineDatabase({ name: 'mextrack_db' })).toEqual({
    name: 'mextrack_db',
    urlVariable: 'DATABASE_URL',
    directUrlVariable: undefined,
    migrationsDirectory: 'migrations',
    seedsDirectory: 'seeds',
    migrationsTable: 'pgmigrations',
  });
});

test('what a definition says is kept, names that need quoting too', () => {
  const definition = {
    name: 'My "Own" Database',
    urlVariable: 'SHARED_DATABASE_URL',
    directUrlVariable: 'DIRECT_DATABASE_URL',
    migrationsDirectory: 'sql/migrations',
    seedsDirectory: 'sql/seeds',
    migrationsTable: 'History',
  };
  expect(defineDatabase(definition)).toEqual(definition);
});

test('every fault of a definition is told at once', () => {
  const definition = {
    name: '',
    urlVariable: '1ST-URL',
    directUrlVariable: 'a b',
    migrationsDirectory: 5,
    seedsDirectory: '',
    migrationsTable: 'x'.repeat(64),
    nmae: 'typing error',
  } as unknown as DatabaseDefinition;
  expect(() => defineDatabase(definition)).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      message:
        'the database definition is not valid: name must be a non-empty string; ' +
        'migrationsDirectory must be a non-empty string; seedsDirectory must be a non-empty string; ' +
        '"nmae" is not a known key; migrationsTable is longer than 63 bytes; ' +
        'urlVariable "1ST-URL" is not the name of an environment variable; ' +
        'directUrlVariable "a b" is not the name of an environment variable',
      hint: 'correct it in database.config.ts',
    }) as Error,
  );
});

test.each([
  ['no name', {}, 'name is missing'],
  ['a name that is undefined', { name: undefined }, 'name is missing'],
  ['a name of 64 bytes in 32 characters', { name: 'é'.repeat(32) }, 'name is longer than 63 bytes'],
  ['a NUL character', { name: 'a\0b' }, 'name contains a NUL character'],
  ['null', null, 'it is not an object'],
  ['a string', 'atriz_db', 'it is not an object'],
])('a definition with %s is refused', (_, definition, fault) => {
  expect(() => defineDatabase(definition as unknown as DatabaseDefinition)).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      message: `the database definition is not valid: ${fault}`,
    }) as Error,
  );
});

test('63 bytes are not too many for a name', () => {
  expect(defineDatabase({ name: 'x'.repeat(63) }).name).toHaveLength(63);
});

test('access that cannot be is refused, each fault with its table', () => {
  const definition = {
    name: 'plants_db',
    access: {
      plants: { app: ['select', 'truncate'] },
      'a.b.c': {},
      notes: { read: ['id', ''], write: [] },
      '*': { read: ['id'] },
      weeds: 'all',
    },
  } as unknown as DatabaseDefinition;
  expect(() => defineDatabase(definition)).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      message:
        'the database definition is not valid: access["plants"]: app must be a list of: select, insert, update, delete; ' +
        'access["a.b.c"]: its key must be a table, schema.table, or *; ' +
        'access["notes"]: "write" is not a known key; access["notes"]: read must be a list of columns; ' +
        'access["*"]: read can only be the empty list here: tables do not share their columns; ' +
        'access["weeds"]: it is not an object',
    }) as Error,
  );
});
