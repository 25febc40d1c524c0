import { expect, test } from 'vitest';
import { defineDatabase, type DatabaseDefinition } from './definition.ts';

const DEFINITION: DatabaseDefinition = {
  name: 'shared',
  audit: { table: 'audit_log' },
  maintenance: {
    expired: [
      { table: 'auth_tokens', column: 'expires_at', keepDays: 0 },
      { table: 'web.visits', column: 'at', keepDays: 36_500 },
    ],
    partitions: [{ function: 'web.create_partitions', months: 1 }],
    deletions: { table: 'user_deletions', key: 'user_id', target: 'users.id' },
  },
};

test('what a definition says of its upkeep is kept', () => {
  expect(defineDatabase(DEFINITION)).toMatchObject(DEFINITION);
});

test.each([
  [{ audit: 'audit_log' }, 'audit must be an object'],
  [
    { audit: { table: 'a.b.c', head: 'x' } },
    '"audit.head" is not a known key; audit.table must be a name, or schema.name',
  ],
  [{ maintenance: [] }, 'maintenance must be an object'],
  [{ maintenance: { vacuum: true } }, '"maintenance.vacuum" is not a known key'],
  [{ maintenance: { expired: {} } }, 'maintenance.expired must be an array'],
  [
    { maintenance: { expired: [{ table: '', column: '', keepDays: 1.5 }] } },
    'maintenance.expired[0].table must be a name, or schema.name; maintenance.expired[0].column must be a non-empty string; ' +
      'maintenance.expired[0].keepDays must be a whole number from 0 to 36500',
  ],
  [
    { maintenance: { partitions: [null, { function: 'f', months: 0 }] } },
    'maintenance.partitions[0] must be an object; maintenance.partitions[1].months must be a whole number from 1 to 36500',
  ],
  [
    { maintenance: { deletions: { table: 't', key: 'k', target: 'users' } } },
    'maintenance.deletions.target must be table.column, or schema.table.column',
  ],
])('%j is refused', (fields, fault) => {
  expect(() => defineDatabase({ name: 'shared', ...fields } as unknown as DatabaseDefinition)).toThrow(
    expect.objectContaining({ code: 'DEFINITION_INVALID', message: `the database definition is not valid: ${fault}` }),
  );
});
