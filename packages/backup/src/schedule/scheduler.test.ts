import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { runScheduler, type SchedulerEvent, type SchedulerOptions } from './scheduler.ts';
import { createTimetable } from './timetable.ts';

const timetable = (expression: string) => createTimetable(expression, { timeZone: 'UTC', variable: 'BACKUP_SCHEDULE' });
const EVERY_SECOND = timetable('* * * * * *');
const EVERY_MINUTE = timetable('* * * * *');
const NEW_YEAR = timetable('0 0 1 1 *');

let family: TestFamily;
let name: string;
beforeAll(async () => {
  family = await openTestFamily({ people: 1 });
  name = family.names.people;
});
afterAll(() => family[Symbol.asyncDispose]());
beforeEach(() => family.query(name, 'DROP TABLE IF EXISTS atriz.backup_slots'));

const open = async () => family.target(name);
const idle: SchedulerOptions['run'] = async () => ({});
const failing: SchedulerOptions['run'] = () => Promise.reject(new Error('the store is away'));

function start(options: Partial<SchedulerOptions> & Pick<SchedulerOptions, 'run'>) {
  const stop = new AbortController();
  const events: SchedulerEvent[] = [];
  const running = runScheduler(open, {
    timetables: { backup: NEW_YEAR },
    pollMs: 50,
    signal: stop.signal,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  return { events, running, stop: () => (stop.abort(), running) };
}

interface Row {
  readonly kind: string;
  readonly slot: Date;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly error: string | null;
}

function rows(): Promise<Row[]> {
  return family.query<Row & { kind: string }>(
    name,
    'SELECT kind, slot, attempts, outcome, error FROM atriz.backup_slots ORDER BY slot, kind',
  );
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(20);
}

/** Ends the leader's backend, as a server or a network does that goes away. */
async function killLeader(): Promise<void> {
  const killed = await family.query(
    name,
    `SELECT pg_terminate_backend(pid) FROM pg_locks
      WHERE locktype = 'advisory' AND granted AND ((classid::bigint << 32) | objid::bigint) = 7241865325823967
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  expect(killed).toHaveLength(1);
}

test('with three schedulers every slot is served once, in each second of some', async () => {
  const served: string[] = [];
  const run: SchedulerOptions['run'] = async ({ kind, slot }) => {
    served.push(`${kind} ${slot.toISOString()}`);
    return { setId: `set-${served.length}` };
  };
  const three = [1, 2, 3].map(() => start({ timetables: { backup: EVERY_SECOND, drill: EVERY_SECOND }, run }));
  await until(() => served.length >= 8);
  await Promise.all(three.map(({ stop }) => stop()));
  const all = await rows();
  expect(served.toSorted()).toEqual(all.map(({ kind, slot }) => `${kind} ${slot.toISOString()}`).toSorted());
  expect(new Set(served).size).toBe(served.length);
  expect(all.every(({ outcome, attempts }) => outcome === 'done' && attempts === 1)).toBe(true);
  const seconds = all.filter(({ kind }) => kind === 'backup').map(({ slot }) => slot.getTime() / 1000);
  expect(seconds).toEqual(seconds.map((_, index) => seconds[0]! + index)); // none was left out either
  console.info(`three schedulers: ${served.length} slots, ${served.length} runs`);
});

test('of the slots that were missed the newest is made up, once', async () => {
  const runs: Date[] = [];
  const run: SchedulerOptions['run'] = async ({ slot }) => (runs.push(slot), {});
  const once = { timetables: { backup: EVERY_MINUTE }, run, once: true };
  await start(once).running;
  await family.query(name, `UPDATE atriz.backup_slots SET slot = slot - interval '3 hours'`);
  await start(once).running;
  const { length } = runs;
  expect(length).toBe(2);
  expect(runs[1]!.getTime() - runs[0]!.getTime()).toBeLessThanOrEqual(60_000);
});

test('a run that fails is written down and not done again', async () => {
  expect(await start({ run: failing, once: true }).running).toEqual([
    { outcome: 'failed', error: 'the store is away' },
  ]);
  expect(await start({ run: failing, once: true }).running).toEqual([]);
  expect(await rows()).toMatchObject([{ outcome: 'failed', attempts: 1, error: 'the store is away' }]);
});

test('a run whose leader loses the database is ended, seen by the next leader, and made up once', async () => {
  const begun: AbortSignal[] = [];
  const run: SchedulerOptions['run'] = async ({ signal }) => {
    begun.push(signal);
    await wait(60_000, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    return {};
  };
  const both = [start({ run }), start({ run })];
  await until(() => begun.length === 1);
  await killLeader();
  await until(() => begun.length === 2); // made up
  expect(begun[0]!.aborted).toBe(true);
  expect(await rows()).toMatchObject([{ outcome: null, attempts: 2 }]);
  await killLeader();
  await until(async () => (await rows())[0]!.outcome === 'lost');
  await wait(300); // time enough for another
  await Promise.all(both.map(({ stop }) => stop()));
  expect(begun).toHaveLength(2);
  expect(await rows()).toMatchObject([
    { outcome: 'lost', attempts: 2, error: 'its process ended, or lost the database, before the run ended' },
  ]);
  const told = both.flatMap(({ events }) => events.map(({ kind }) => kind));
  expect(told.filter((kind) => kind === 'lost')).toHaveLength(2);
  expect(told.filter((kind) => kind === 'disconnected')).toHaveLength(2);
});

test('when the leader is stopped another takes over, and makes up the run that was stopped with it', async () => {
  const begun: string[] = [];
  const first = start({
    run: async ({ signal }) => {
      begun.push('first');
      await wait(60_000, undefined, { signal });
      return {};
    },
  });
  await until(() => begun.length === 1);
  const second = start({ run: async () => (begun.push('second'), { setId: 'made-up' }) });
  await until(() => second.events.some(({ kind }) => kind === 'waiting'));
  expect(await first.stop()).toEqual([{ outcome: 'lost', error: 'the scheduler was stopped' }]);
  await until(() => begun.length === 2);
  expect(await second.stop()).toEqual([{ outcome: 'done', setId: 'made-up' }]);
  expect(await rows()).toMatchObject([{ outcome: 'done', attempts: 2 }]);
});

test('while a scheduler is at work, one that runs once leaves everything to it', async () => {
  const resident = start({ run: idle });
  await until(() => resident.events.some(({ kind }) => kind === 'ended'));
  const other = start({
    run: () => Promise.reject(new Error('ran')),
    once: true,
    timetables: { backup: EVERY_SECOND },
  });
  expect(await other.running).toEqual([]);
  await resident.stop();
});

test('after the server’s clock was put back, no slot that was served is served again', async () => {
  const runs: number[] = [];
  const run: SchedulerOptions['run'] = async ({ slot }) => (runs.push(slot.getTime()), {});
  await start({ run, once: true, timetables: { backup: EVERY_SECOND } }).running;
  const ahead = 3;
  const future = await family.query<{ slot: Date }>(
    name,
    `INSERT INTO atriz.backup_slots (kind, slot, claimed_by, run_id, ended_at, outcome)
     SELECT 'backup', date_trunc('second', now()) + n * interval '1 second', 'before', gen_random_uuid(), now(), 'done'
       FROM generate_series(1, $1) AS n RETURNING slot`,
    [ahead],
  );
  const again = start({ run, timetables: { backup: EVERY_SECOND } });
  await until(() => runs.some((each) => each > future[ahead - 1]!.slot.getTime()));
  await again.stop();
  expect(runs.filter((each) => future.some(({ slot }) => slot.getTime() === each))).toEqual([]);
});

test('a database that is not the one meant is refused, and nothing is written there', async () => {
  const target = family.target(name);
  const wrong = async () => ({ ...target, family: 'another' });
  await expect(runScheduler(wrong, { timetables: { backup: EVERY_SECOND }, run: idle })).rejects.toMatchObject({
    code: 'IDENTITY_MISMATCH',
  });
  expect(await family.query(name, `SELECT to_regclass('atriz.backup_slots') AS made`)).toEqual([{ made: null }]);
});
