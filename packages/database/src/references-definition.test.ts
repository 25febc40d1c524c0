import { expect, test } from 'vitest';
import { defineDatabase, type DatabaseDefinition } from './definition.ts';
import { splitName, type ReferenceDefinition } from './references-definition.ts';

const good: ReferenceDefinition = {
  table: 'vehicles',
  column: 'user_id',
  target: 'atriz_shared.users.id',
  onDelete: 'cascade',
};

test('references are kept as they are declared', () => {
  const references = [
    good,
    { table: 'tracking."a.b"', column: 'Who "it" is', target: 'atriz_shared.people."Users".id', onDelete: 'set null' },
  ] as const;
  expect(defineDatabase({ name: 'mextrack_db', references }).references).toEqual(references);
  expect(defineDatabase({ name: 'mextrack_db' }).references).toBeUndefined();
});

test.each([
  ['vehicles', ['vehicles']],
  ['Tracking.Vehicles', ['Tracking', 'Vehicles']],
  ['"a.b"."say ""x"""', ['a.b', 'say "x"']],
  ['', undefined],
  ['.', undefined],
  ['a.', undefined],
  ['.a', undefined],
  ['a..b', undefined],
  ['"open', undefined],
  ['""', undefined],
  ['"a"b', undefined],
  ['a"b"', undefined],
])('the name %s is the parts %j', (text, parts) => {
  expect(splitName(text)).toEqual(parts);
});

test.each<[string, unknown, string]>([
  ['no array', {}, 'references must be an array'],
  ['what is no object', ['vehicles.user_id'], 'references[0]: it is not an object'],
  ['an unknown key', [{ ...good, ondelete: 'cascade' }], 'references[0]: "ondelete" is not a known key'],
  ['a table of three parts', [{ ...good, table: 'a.b.c' }], 'references[0]: table must be a table, or schema.table'],
  ['no column', [good, { ...good, column: '' }], 'references[1]: column must be a non-empty string'],
  [
    'a target without database',
    [{ ...good, target: 'users.id' }],
    'references[0]: target must be database.table.column, or database.schema.table.column',
  ],
  [
    'a target in the same database',
    [{ ...good, target: 'mextrack_db.users.id' }],
    'references[0]: target is in mextrack_db itself, where a foreign key can hold it',
  ],
  [
    'an unknown rule',
    [{ ...good, onDelete: 'no action' }],
    'references[0]: onDelete must be one of: restrict, cascade, set null, report',
  ],
  ['a long name', [{ ...good, table: 'é'.repeat(32) }], 'references[0]: table has a name longer than 63 bytes'],
  ['a NUL character', [{ ...good, column: 'a\0b' }], 'references[0]: column contains a NUL character'],
  [
    'a column twice',
    [good, { ...good, table: 'public.vehicles', onDelete: 'report' }],
    'references[1]: public.vehicles.user_id is declared twice',
  ],
])('references with %s are refused', (_, references, fault) => {
  const definition = { name: 'mextrack_db', references } as DatabaseDefinition;
  expect(() => defineDatabase(definition)).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      message: `the database definition is not valid: ${fault}`,
    }) as Error,
  );
});
