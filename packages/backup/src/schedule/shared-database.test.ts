import { defineDatabase } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import { findSharedDatabase } from './shared-database.ts';

function familyOf(dependencies: Readonly<Record<string, readonly string[]>>) {
  const databases = Object.entries(dependencies).map(([name, dependsOn]): FamilyDatabase =>
    Object.assign(defineDatabase({ name }), { owner: `@test/${name}`, directory: `/${name}`, dependsOn }),
  );
  return { name: 'test', databases };
}

test('the shared database is the one that most depend on, in however many steps', () => {
  expect(findSharedDatabase(familyOf({ core: [], shop: ['core'], trips: ['core'] })).name).toBe('core');
  expect(findSharedDatabase(familyOf({ notes: [], core: [], shop: ['core'], trips: ['shop'] })).name).toBe('core');
});

test('without dependencies it is the first, and without databases there is none', () => {
  expect(findSharedDatabase(familyOf({ notes: [], shop: [] })).name).toBe('notes');
  expect(() => findSharedDatabase(familyOf({}))).toThrow(expect.objectContaining({ code: 'DATABASE_UNKNOWN' }));
});
