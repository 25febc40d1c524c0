import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { makeSet, TEST_RUN } from '../../test/set.ts';
import type { Order } from './fixtures/restore-in-place.ts';
import { restoreSet } from './restore.ts';

const MOMENTS = 20;
const SCRIPT = fileURLToPath(new URL('fixtures/restore-in-place.ts', import.meta.url));

test.skipIf(!HAS_DEBIAN_SERVER)(
  `a restore in place that is killed at ${MOMENTS} moments leaves all databases old or all new, and never one of each`,
  { timeout: 300_000 },
  async () => {
    await using server = await startDebianServer();
    await using family = await openTestFamily({ server: server.parameters, people: 10 });
    const { people, shops } = family.names;
    const { id } = (await makeSet(family)).manifest;
    await empty(family);
    const order: Order = {
      family: family.workspace.family,
      server: server.parameters,
      set: id,
      databases: [people, shops],
    };
    const wholeMs = await run(order, undefined);
    expect(await read(family)).toBe('new');
    const ends = new Map<string, number>();
    let middleMs = wholeMs * 0.7;
    for (let moment = 0; moment < MOMENTS; moment += 1) {
      await empty(family);
      await run(order, middleMs * (0.8 + 0.4 * Math.random()));
      const state = await read(family);
      ends.set(state, (ends.get(state) ?? 0) + 1);
      middleMs *= state === 'old' ? 1.25 : 0.8; // towards the moment at which old becomes new, however fast the machine
    }
    console.info(
      `killed at ${MOMENTS} moments: ${[...ends].map(([state, count]) => `${count} all ${state}`).join(', ')}`,
    );
    expect([...ends.keys()].filter((state) => state !== 'old' && state !== 'new')).toEqual([]);
    const reader = await makeSet(family);
    await restoreSet(family.workspace, reader, { inPlace: true, dropOld: true, runId: TEST_RUN, context: {} });
    const left = await family.query('postgres', `SELECT datname FROM pg_database WHERE datname ~ '^atriz_restore_'`);
    expect(left).toEqual([]);
  },
);

/** Resolves with how long it took; kills it after so many milliseconds when it takes that long. */
async function run(order: Order, killAfterMs: number | undefined): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, ['--conditions=source', SCRIPT, JSON.stringify(order)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exit = once(child, 'exit');
  if (killAfterMs !== undefined) {
    await Promise.race([exit, wait(killAfterMs)]);
    child.kill('SIGKILL');
  }
  await exit;
  return performance.now() - start;
}

/** What is live is told apart from what is restored by having no rows. */
async function empty({ names, query }: TestFamily): Promise<void> {
  await query(names.people, 'DELETE FROM people');
  await query(names.shops, 'DELETE FROM sales');
}

async function read({ names, query }: TestFamily): Promise<string> {
  const [people] = await query<{ count: number }>(names.people, 'SELECT count(*)::int AS count FROM people');
  const [sales] = await query<{ count: number }>(names.shops, 'SELECT count(*)::int AS count FROM sales');
  const states: Readonly<Record<string, string>> = { '0 0': 'old', '10 30': 'new' };
  const found = `${people!.count} ${sales!.count}`;
  return states[found] ?? found;
}
