import { expect, test } from 'vitest';
import type { ReferenceDefinition } from '../references-definition.ts';
import { formatColumn, parseColumn, resolveReferences } from './references.ts';

function database(name: string, ...references: ReferenceDefinition[]) {
  return { name, references };
}

function cascade(table: string, target: string): ReferenceDefinition {
  return { table, column: 'key', target, onDelete: 'cascade' };
}

function circle(last: ReferenceDefinition['onDelete']) {
  return [
    database('one', cascade('a', 'two.b.id'), cascade('apart', 'two.apart.id')),
    database('two', cascade('b', 'three.c.id')),
    database('three', { ...cascade('c', 'one.a.id'), onDelete: last }),
  ];
}

test('references come in the order of databases and declarations, with their names taken apart', () => {
  const apps = [
    database('shared'),
    database('app', cascade('vehicles', 'shared.users.id'), cascade('tracking."a.b"', 'shared.people.users.id')),
    { name: 'none' },
    database('shop', { table: 'sales', column: 'by', target: 'shared.users.id', onDelete: 'restrict' }),
  ];
  expect(resolveReferences(apps)).toEqual([
    {
      source: { database: 'app', schema: 'public', table: 'vehicles', column: 'key' },
      target: { database: 'shared', schema: 'public', table: 'users', column: 'id' },
      onDelete: 'cascade',
    },
    {
      source: { database: 'app', schema: 'tracking', table: 'a.b', column: 'key' },
      target: { database: 'shared', schema: 'people', table: 'users', column: 'id' },
      onDelete: 'cascade',
    },
    {
      source: { database: 'shop', schema: 'public', table: 'sales', column: 'by' },
      target: { database: 'shared', schema: 'public', table: 'users', column: 'id' },
      onDelete: 'restrict',
    },
  ]);
});

test('a database that the workspace does not have is refused, with the names there are', () => {
  expect(() => resolveReferences([database('shared'), database('app', cascade('a', 'shard.users.id'))])).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      message: 'app.a.key refers to database "shard", which this workspace does not have',
      hint: 'name one of: shared, app',
    }) as Error,
  );
});

test('cascades in a circle are refused with the way they go; a circle that another rule breaks is none', () => {
  expect(() => resolveReferences(circle('cascade'))).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      message: 'references cascade in a circle: one.a.key ← three.c.key ← two.b.key ← one.a.key',
    }) as Error,
  );
  expect(resolveReferences(circle('set null'))).toHaveLength(4);
});

test.each(['shared.users.id', 'shared.people.users.id', '"a.b"."c""d".e.f'])('%s is read and written alike', (text) => {
  expect(formatColumn(parseColumn(text))).toBe(text);
});

test('the schema public is left away', () => {
  expect(formatColumn(parseColumn('shared.public.users.id'))).toBe('shared.users.id');
});

test.each(['users.id', 'a.b.c.d.e', '', 'a..b'])('"%s" is no column', (text) => {
  expect(() => parseColumn(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error);
});
