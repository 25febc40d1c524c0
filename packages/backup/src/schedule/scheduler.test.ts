import { setTimeout as wait } from 'node:timers/promises';
import type { Target } from '@atriz/lifecycle';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { startSilentProxy } from '../../test/silent-proxy.ts';
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

test('with three schedulers each slot is served once', async () => {
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

test('a leader whose connection answers no more gives up by itself, before the server does', async () => {
  await using proxy = await startSilentProxy(family.target(name).parameters.port);
  const target = family.target(name);
  const through = async (): Promise<Target> => ({
    ...target,
    parameters: { ...target.parameters, host: '127.0.0.1', port: proxy.port },
  });
  const stop = new AbortController();
  const events: string[] = [];
  const begun: AbortSignal[] = [];
  const running = runScheduler(through, {
    timetables: { backup: NEW_YEAR },
    run: async ({ signal }) => {
      begun.push(signal);
      await wait(60_000, undefined, { signal });
      return {};
    },
    pollMs: 50,
    patienceMs: 200,
    signal: stop.signal,
    onEvent: ({ kind }) => void events.push(kind),
  });
  await until(() => begun.length === 1);
  proxy.silence();
  await until(() => events.includes('disconnected'));
  expect(begun[0]!.aborted).toBe(true);
  expect(await rows()).toMatchObject([{ outcome: null }]); // the server has not noticed
  stop.abort();
  await running;
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

test('a database that is gone for a while, as when it is restored in place, is waited for once it was there', async () => {
  const called = (database: string): Target => {
    const target = family.target(name);
    return { ...target, parameters: { ...target.parameters, database } };
  };
  const targets = [called(name), called(`${name}_away`), called(name)];
  const stop = new AbortController();
  const events: string[] = [];
  const running = runScheduler(async () => targets.shift()!, {
    timetables: { backup: NEW_YEAR },
    run: idle,
    pollMs: 50,
    signal: stop.signal,
    onEvent: ({ kind }) => void events.push(kind),
  });
  await until(() => events.includes('ended'));
  await killLeader();
  await until(() => events.filter((kind) => kind === 'leading').length === 2);
  stop.abort();
  await running;
  expect(events).toEqual(['leading', 'began', 'ended', 'disconnected', 'disconnected', 'leading']);
  const away = async (): Promise<Target> => called(`${name}_away`);
  await expect(runScheduler(away, { timetables: {}, run: idle })).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
});

test('a database that is not the one meant is refused, and nothing is written there', async () => {
  const target = family.target(name);
  const wrong = async () => ({ ...target, family: 'another' });
  await expect(runScheduler(wrong, { timetables: { backup: EVERY_SECOND }, run: idle })).rejects.toMatchObject({
    code: 'IDENTITY_MISMATCH',
  });
  expect(await family.query(name, `SELECT to_regclass('atriz.backup_slots') AS made`)).toEqual([{ made: null }]);
});
