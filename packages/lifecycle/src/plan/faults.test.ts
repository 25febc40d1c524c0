import { expect, test } from 'vitest';
import { family } from '../../test/graph.ts';
import { findFaults } from './faults.ts';
import type { DatabaseMigrations } from './graph.ts';

function show(databases: readonly DatabaseMigrations[], more: Record<string, string[]> = {}): Record<string, string[]> {
  const known = new Map([
    ...databases.map(({ name, migrations }) => [name, migrations.map((each) => each.name)] as const),
    ...Object.entries(more),
  ]);
  return Object.fromEntries(
    [...findFaults(databases, known)].map(([name, { code, message, hint }]) => [
      name,
      [`${code} ${message}`, `hint ${hint}`].join('\n').split('\n'),
    ]),
  );
}

test('requirements of migrations that exist are no fault, whether they are to be applied or not', () => {
  expect(show(family({ core: ['1', '2 app@1'], 'app core': ['1 core@1', '2 other@9'] }), { other: ['9'] })).toEqual({});
});

test('two migrations that require each other are told by the path, with file and line of each step', () => {
  const circle = [
    'REQUIREMENT_CYCLE migrations wait for each other in a circle: core@2 → app@1 → core@2',
    '  core/2.sql:1 requires app@1',
    '  app/1.sql:2 requires core@2',
    'hint take one of these lines out, or move what it is about into a migration of its own',
  ];
  expect(show(family({ core: ['1', '2 app@1'], 'app core': ['1 core@1 core@2'], shop: ['1'] }))).toEqual({
    core: circle,
    app: circle,
  });
});

test('the order of files counts: a step that it makes is said', () => {
  expect(show(family({ core: ['1 app@3', '2'], app: ['1', '2 core@2', '3'] }))['core']).toEqual([
    'REQUIREMENT_CYCLE migrations wait for each other in a circle: core@1 → app@3 → app@2 → core@2 → core@1',
    '  core/1.sql:1 requires app@3',
    '  app@3 comes after app@2',
    '  app/2.sql:1 requires core@2',
    '  core@2 comes after core@1',
    'hint take one of these lines out, or move what it is about into a migration of its own',
  ]);
});

test('a circle of several databases is shown whole, and the shortest where there are more', () => {
  const faults = show(
    family({ a: ['1 b@1'], b: ['1 c@1'], c: ['1 d@1'], d: ['1 a@1', '2 e@1'], e: ['1 d@2'], f: ['1 a@1'] }),
  );
  expect(Object.keys(faults).toSorted()).toEqual(['d', 'e']);
  expect(show(family({ a: ['1 b@1'], b: ['1 c@1'], c: ['1 a@1'] }))['b']![0]).toBe(
    'REQUIREMENT_CYCLE migrations wait for each other in a circle: a@1 → b@1 → c@1 → a@1',
  );
});

test('circles that share no database are all told, each to its databases', () => {
  const faults = show(family({ a: ['1 b@1'], b: ['1 a@1'], c: ['1 d@1'], d: ['1 c@1'] }));
  expect(Object.entries(faults).map(([name, [first]]) => `${name} ${first!.split(': ')[1]}`)).toEqual([
    'a a@1 → b@1 → a@1',
    'b a@1 → b@1 → a@1',
    'c c@1 → d@1 → c@1',
    'd c@1 → d@1 → c@1',
  ]);
});

test('a migration that requires a later one of its own database, or itself, waits for ever', () => {
  expect(show(family({ a: ['1 a@2', '2'] }))['a']![0]).toBe(
    'REQUIREMENT_CYCLE migrations wait for each other in a circle: a@1 → a@2 → a@1',
  );
  expect(show(family({ a: ['1 a@1'] }))['a']![0]).toBe(
    'REQUIREMENT_CYCLE migrations wait for each other in a circle: a@1 → a@1',
  );
  expect(show(family({ a: ['1', '2 a@1'] }))).toEqual({});
});

test('an unknown database is told with file and line, and those that there are', () => {
  expect(show(family({ core: ['1'], 'app core': ['1 cor@1'] }))).toEqual({
    app: [
      'REQUIREMENT_UNKNOWN app/1.sql:1: it requires cor@1, but there is no such database in this workspace',
      'hint name a database by its definition: core, app',
    ],
  });
});

test('an unknown migration is told with the one that was probably meant; several are told at once', () => {
  const known = { core: ['1700000000001_users', '1700000000002_roles'] };
  const hint = (requirement: string) => show(family({ app: [`1 ${requirement}`] }), known)['app']!.at(-1);
  expect(hint('core@1700000000001_user')).toBe('hint write core@1700000000001_users');
  expect(hint('core@1700000000009_roles')).toBe('hint write core@1700000000002_roles');
  expect(hint('core@1700000000002_roles.sql')).toBe('hint write core@1700000000002_roles');
  expect(hint('core@x')).toBe("hint write the file's name without .sql, such as core@1700000000002_roles");
  expect(show(family({ app: ['1 core@a', '2 core@b'] }), { core: [] })['app']).toEqual([
    'REQUIREMENT_UNKNOWN app/1.sql:1: it requires core@a, but core has no migration of that name',
    'app/2.sql:1: it requires core@b, but core has no migration of that name',
    'hint core has no migrations yet',
  ]);
});
