import type { FamilyDatabase } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import { runOverFamily, type FamilyRunOptions, type Outcome } from './family-run.ts';

/** Databases by name, each with what it depends on. */
function family(dependencies: Readonly<Record<string, readonly string[]>>): FamilyDatabase[] {
  return Object.entries(dependencies).map(([name, dependsOn]) => ({
    name,
    owner: `@plants/${name}`,
    directory: `/plants/${name}`,
    dependsOn,
    urlVariable: 'DATABASE_URL',
    directUrlVariable: undefined,
    migrationsDirectory: 'migrations',
    seedsDirectory: 'seeds',
    migrationsTable: 'pgmigrations',
  }));
}

const DIAMOND = family({ core: [], apples: ['core'], pears: ['core'], jam: ['apples', 'pears'] });

function summarise<Result>(outcome: Outcome<Result>): string {
  const { name } = outcome.database;
  if (outcome.status === 'skipped') return `${name} skipped: ${outcome.because}`;
  return outcome.status === 'done' ? `${name} done: ${outcome.result}` : `${name} failed: ${outcome.error}`;
}

/** Records when each database's work begins and ends, and who works at the same time. */
async function record(databases: readonly FamilyDatabase[], options: FamilyRunOptions<string> = {}): Promise<string[]> {
  const events: string[] = [];
  await runOverFamily(
    databases,
    async ({ name }) => {
      events.push(`+${name}`);
      await new Promise((resolve) => void setTimeout(resolve, 20));
      events.push(`-${name}`);
      return name;
    },
    options,
  );
  return events;
}

test('each database comes after those that it depends on, independent ones at the same time', async () => {
  await expect(record(DIAMOND)).resolves.toEqual([
    '+core',
    '-core',
    '+apples',
    '+pears',
    '-apples',
    '-pears',
    '+jam',
    '-jam',
  ]);
});

test('the order can be turned round, for what must go before that which it depends on', async () => {
  await expect(record(DIAMOND, { order: 'dependents-first' })).resolves.toEqual([
    '+jam',
    '-jam',
    '+apples',
    '+pears',
    '-apples',
    '-pears',
    '+core',
    '-core',
  ]);
});

test('the order of the list does not matter, and a dependency outside of it is not waited for', async () => {
  await expect(record(family({ jam: ['apples'], apples: ['core'] }))).resolves.toEqual([
    '+apples',
    '-apples',
    '+jam',
    '-jam',
  ]);
});

test('a failure skips what depends on it, directly or not, and nothing else; outcomes are in the list’s order', async () => {
  const told: string[] = [];
  const outcomes = await runOverFamily(
    DIAMOND,
    async ({ name }) => {
      if (name === 'apples') throw new Error('rotten');
      return `${name} picked`;
    },
    { onOutcome: (outcome) => void told.push(summarise(outcome)) },
  );
  expect(outcomes.map(summarise)).toEqual([
    'core done: core picked',
    'apples failed: Error: rotten',
    'pears done: pears picked',
    'jam skipped: apples failed',
  ]);
  expect(told.toSorted()).toEqual(outcomes.map(summarise).toSorted());
  expect(told.at(-1)).toBe('jam skipped: apples failed');
});

test('what depends on a skipped database is skipped too, and says so', async () => {
  const outcomes = await runOverFamily(family({ a: [], b: ['a'], c: ['b'] }), async () => {
    throw new Error('no');
  });
  expect(outcomes.map(summarise)).toEqual(['a failed: Error: no', 'b skipped: a failed', 'c skipped: b was skipped']);
});

test('times are measured, and a skipped database took none', async () => {
  const outcomes = await runOverFamily(family({ a: [], b: ['a'] }), async () => {
    await new Promise((resolve) => void setTimeout(resolve, 20));
    throw new Error('no');
  });
  expect(outcomes[0]!.durationMs).toBeGreaterThan(15);
  expect(outcomes[1]!.durationMs).toBe(0);
});
