import { expect, test } from 'vitest';
import { family } from '../../test/graph.ts';
import { numberMigrations } from './planned-order.ts';
import { planSegments } from './segments.ts';

function show(table: Parameters<typeof family>[0]): string[] {
  return numberMigrations(planSegments(family(table))).map(
    ({ number, database, node, after }) => `${number} ${database}@${node.name} after ${after.join(' ') || 'nothing'}`,
  );
}

test('migrations are numbered in the order in which they would run, each with what it waits for', () => {
  expect(show({ core: ['1', '2 app@1'], 'app core': ['1', '2'], 'shop core': ['1'] })).toEqual([
    '1 core@1 after nothing',
    '2 app@1 after 1',
    '3 app@2 after 2',
    '4 core@2 after 3',
    '5 shop@1 after 4',
  ]);
});

test('what waits for the same can run at the same time', () => {
  expect(show({ core: ['1'], 'app core': ['1'], 'shop core': ['1'] })).toEqual([
    '1 core@1 after nothing',
    '2 app@1 after 1',
    '3 shop@1 after 1',
  ]);
  expect(show({ core: [], 'app core': ['1'], shop: ['1'] })).toEqual([
    '1 app@1 after nothing',
    '2 shop@1 after nothing',
  ]);
});

test('a database with nothing to do hands on what it waits for', () => {
  expect(show({ core: ['1'], 'middle core': [], 'app middle': ['1'] })).toEqual([
    '1 core@1 after nothing',
    '2 app@1 after 1',
  ]);
});

test('only the last of several that follow each other is named', () => {
  expect(show({ core: ['1'], 'middle core': ['1'], 'app core middle': ['1'] })).toEqual([
    '1 core@1 after nothing',
    '2 middle@1 after 1',
    '3 app@1 after 2',
  ]);
});
