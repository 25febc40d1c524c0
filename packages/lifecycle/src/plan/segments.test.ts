import { expect, test } from 'vitest';
import { family } from '../../test/graph.ts';
import type { DatabaseMigrations } from './graph.ts';
import { followsPackages, planSegments, type Segment } from './segments.ts';

/** The segments in order, each with those that it waits for: `app: 2 3 < app#1 core#1`. */
function show(databases: readonly DatabaseMigrations[]): string[] {
  const segments = planSegments(databases);
  return segments.map(({ database, migrations, after }) => {
    const names = migrations.map(({ name }) => name).join(' ');
    const before = [...after].map((each) => placeOf(each, segments)).toSorted();
    return [`${database}:`, names, before.length > 0 && `< ${before.join(' ')}`].filter(Boolean).join(' ');
  });
}

function placeOf(segment: Segment, segments: readonly Segment[]): string {
  const own = segments.filter(({ database }) => database === segment.database);
  return `${segment.database}#${own.indexOf(segment) + 1}`;
}

test('without requirements there is one segment for each database, in the order of packages', () => {
  const databases = family({ core: ['1', '2'], 'app core': ['1'], 'shop core': [] });
  expect(show(databases)).toEqual(['core: 1 2', 'app: 1 < core#1', 'shop: < core#1']);
  expect(followsPackages(planSegments(databases), databases)).toBe(true);
});

test('a requirement that the order of packages meets anyway cuts nothing', () => {
  const databases = family({ core: ['1', '2'], 'app core': ['1', '2 core@2', '3'] });
  expect(show(databases)).toEqual(['core: 1 2', 'app: 1 2 3 < core#1']);
  expect(followsPackages(planSegments(databases), databases)).toBe(true);
});

test('a database is cut where it requires one that depends on it, and goes on when that is there', () => {
  const databases = family({ core: ['1', '2 app@2', '3'], 'app core': ['1', '2', '3'] });
  expect(show(databases)).toEqual(['core: 1', 'app: 1 2 3 < core#1', 'core: 2 3 < app#1 core#1']);
  expect(followsPackages(planSegments(databases), databases)).toBe(false);
});

test('two databases can take turns as often as they require each other', () => {
  expect(show(family({ core: ['1', '2 app@1', '3', '4 app@2'], 'app core': ['1 core@1', '2 core@3'] }))).toEqual([
    'core: 1',
    'app: 1 < core#1',
    'core: 2 3 < app#1 core#1',
    'app: 2 < app#1 core#2',
    'core: 4 < app#2 core#2',
  ]);
});

test('others that depend on the cut database wait for all of it, those that it waits for only for what they can', () => {
  expect(show(family({ core: ['1', '2 app@1'], 'app core': ['1'], 'shop core': ['1'] }))).toEqual([
    'core: 1',
    'app: 1 < core#1',
    'core: 2 < app#1 core#1',
    'shop: 1 < core#2',
  ]);
});

test('databases that do not depend on each other go at the same time, but for what one requires of the other', () => {
  const databases = family({ app: ['1', '2'], shop: ['1', '2 app@1'] });
  expect(show(databases)).toEqual(['app: 1 2', 'shop: 1', 'shop: 2 < app#1 shop#1']);
  expect(followsPackages(planSegments(databases), databases)).toBe(false);
});

test('a requirement between two databases without a dependency is an order of its own, without a cut too', () => {
  const databases = family({ app: ['1 shop@1'], shop: ['1'] });
  expect(show(databases)).toEqual(['shop: 1', 'app: 1 < shop#1']);
  expect(followsPackages(planSegments(databases), databases)).toBe(false);
});

test('a requirement of something that is not to be applied, or of the same database, cuts nothing', () => {
  const databases = family({ core: ['2', '3 core@2'], 'app core': ['1', '2 core@1', '3 gone@1'] });
  expect(show(databases)).toEqual(['core: 2 3', 'app: 1 2 3 < core#1']);
});

test('where a requirement turns the order of packages round, only that preference gives way', () => {
  expect(show(family({ base: ['1 top@1'], 'middle base': ['1'], 'top base middle': ['1'] }))).toEqual([
    'top: 1',
    'base: 1 < top#1',
    'middle: 1 < base#1',
  ]);
});

test('five hundred migrations that each require another database are planned in a moment', () => {
  const names = Array.from({ length: 500 }, (_, index) => String(index + 1000));
  const databases = family({
    core: names.map((name, index) => (index === 0 ? name : `${name} app@${names[index - 1]}`)),
    'app core': names.map((name) => `${name} core@${name}`),
  });
  const segments = planSegments(databases);
  expect(segments).toHaveLength(1000);
  expect(segments.slice(0, 3).map(({ database }) => database)).toEqual(['core', 'app', 'core']);
});
