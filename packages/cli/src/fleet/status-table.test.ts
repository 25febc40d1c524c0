import { defineDatabase } from '@atriz/database';
import { expect, test } from 'vitest';
import type { FleetStatus, InstanceStatus } from './fleet-status.ts';
import { fleetCells, summariseStatuses, troubled } from './status-table.ts';

const problem = { code: 'DATABASE_MISSING', message: 'it is not there' } as const;
const fresh = (name: string): InstanceStatus => ({ name, reachable: true, applied: 3, pending: [], problems: [] });
const behind = (name: string): InstanceStatus => ({ ...fresh(name), applied: 2, pending: ['3_c'] });
const missing = (name: string): InstanceStatus => ({
  ...fresh(name),
  reachable: false,
  applied: 0,
  problems: [problem],
});
const fleet = (...instances: readonly InstanceStatus[]): FleetStatus => ({
  database: { ...defineDatabase({ name: 'tenant_db' }), owner: '@x/t', directory: '/x', dependsOn: [] },
  problems: [],
  instances,
});

const texts = (rows: ReturnType<typeof fleetCells>): string[][] => rows.map((row) => row.map(({ text }) => text));

test.each([
  [[], 'none yet'],
  [[missing('a'), behind('b'), fresh('c'), fresh('d')], '2 up to date, 1 pending, 1 DATABASE_MISSING'],
  [[{ ...fresh('a'), reachable: false }], '1 not asked'],
])('the states of instances are counted', (instances, expected) => {
  expect(summariseStatuses(instances)).toBe(expected);
});

test('a fleet is one row, and one more for each instance where that is asked for', () => {
  const two = fleet(fresh('a'), missing('b'));

  expect(texts(fleetCells(two, {}))).toEqual([['  2 instances', '', '', '', '', '1 up to date, 1 DATABASE_MISSING']]);
  expect(texts(fleetCells(two, { instances: true })).slice(1)).toEqual([
    ['  a', '', '', '3', '0', 'up to date'],
    ['  b', '', '', '-', '-', 'DATABASE_MISSING'],
  ]);
});

test('of many with problems ten are told of, unless each is asked for', () => {
  const many = fleet(...Array.from({ length: 12 }, (_, index) => missing(String(index))));

  expect(troubled(many, {})).toHaveLength(10);
  expect(troubled(many, { instances: true })).toHaveLength(12);
  expect(troubled(many, {})[0]).toEqual({ name: 'tenant_db/0', problems: [problem] });
  expect(troubled({ ...fleet(), problems: [problem] }, {})).toEqual([
    { name: 'instances of tenant_db', problems: [problem] },
  ]);
});
