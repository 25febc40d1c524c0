import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningCommand } from './harness/command.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const LOCK = '7241865325823964';
const COUNT = 12;

/** Each makes one table, whose name is the migration's, and takes its time so that a kill can meet it. */
const STEPS = Object.fromEntries(
  Array.from({ length: COUNT }, (_, index) => {
    const name = `17000000000${String(index + 10)}_step`;
    return [`${name}.sql`, migration(`CREATE TABLE "${name}" ();\nSELECT pg_sleep(0.01);`)];
  }),
);
const EMPTY = 'DROP SCHEMA IF EXISTS atriz CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public';
const SLOW = {
  '1700000000001_quick.sql': migration('CREATE TABLE quick ();'),
  '1700000000002_slow.sql': migration('CREATE TABLE slow ();\nSELECT pg_sleep(30);'),
};

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace({ steps: { migrations: STEPS }, sleeper: { migrations: SLOW } }, server);
});
beforeEach(async () => {
  await server.drop([workspace.database('steps'), workspace.database('sleeper')]);
  await workspace.atriz(['create']);
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** What history, ledger and schema each say has been applied. */
async function readThree(key: string): Promise<{ history: string[]; ledger: string[]; tables: string[] }> {
  const names = async (text: string): Promise<string[]> =>
    (await workspace.query<{ name: string }>(key, text)).map(({ name }) => name);
  const exists = async (table: string): Promise<boolean> =>
    (await workspace.query<{ found: boolean }>(key, `SELECT to_regclass('${table}') IS NOT NULL AS found`))[0]!.found;
  return {
    history: (await exists('public.pgmigrations')) ? await names('SELECT name FROM pgmigrations ORDER BY name') : [],
    ledger: (await exists('atriz.migrations')) ? await names('SELECT name FROM atriz.migrations ORDER BY name') : [],
    tables: await names(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'pgmigrations' ORDER BY 1`,
    ),
  };
}

/** A backend whose client was killed goes on until it notices, which may be after the transaction that it was sent. */
async function waitUntilAlone(key: string): Promise<void> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const sessions = await workspace.query(
      key,
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
    if (sessions.length === 0) return;
    if (performance.now() > deadline) throw new Error('the killed command has left a session');
    await wait(10);
  }
}

async function isLockFree(key: string): Promise<boolean> {
  const [row] = await workspace.query<{ free: boolean }>(key, `SELECT pg_try_advisory_lock(${LOCK}) AS free`);
  return row!.free;
}

/** The backend that runs the sleeping migration, once it does. */
async function findSleeper(): Promise<number> {
  for (;;) {
    const [row] = await workspace.query<{ pid: number }>(
      'sleeper',
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    );
    if (row) return row.pid;
    await wait(20);
  }
}

describe('after each crash at a random moment history, ledger and schema agree, and the next run finishes', () => {
  test('twenty times the command is killed with kill -9', async () => {
    const found = await crashRepeatedly(20, async ({ child }) => void child.kill('SIGKILL'));
    expect(found.filter(isPart)).not.toEqual([]);
  });

  test('ten times its backend is terminated', async () => {
    const name = workspace.database('steps');
    const found = await crashRepeatedly(10, async () => {
      await server.query('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
        name,
      ]);
    });
    expect(found.filter(isPart)).not.toEqual([]);
  });
});

/** That a crash met a run in its midst: else the test has shown nothing. */
const isPart = (count: number): boolean => count > 0 && count < COUNT;

/** Returns how many migrations each crash left. */
async function crashRepeatedly(times: number, crash: (command: RunningCommand) => Promise<void>): Promise<number[]> {
  const all = Object.keys(STEPS).map((file) => file.replace('.sql', ''));
  const start = performance.now();
  await workspace.atriz(['migrate'], { in: 'steps' });
  const wholeRunMs = performance.now() - start;

  const found = [];
  for (let run = 0; run < times; run += 1) {
    await workspace.query('steps', EMPTY);
    const command = workspace.start(['migrate'], { in: 'steps' });
    await wait(wholeRunMs * (0.1 + 0.9 * Math.random()));
    await crash(command);
    await command.result;
    await waitUntilAlone('steps');

    const { history, ledger, tables } = await readThree('steps');
    expect({ ledger, tables }).toEqual({ ledger: history, tables: history });
    expect(history).toEqual(all.slice(0, history.length));
    found.push(history.length);

    await expect(workspace.atriz(['migrate'], { in: 'steps' })).resolves.toMatchObject({ code: 0 });
    await expect(readThree('steps')).resolves.toEqual({ history: all, ledger: all, tables: all });
  }
  return found;
}

describe('Ctrl-C in the middle of a migration', () => {
  test('ends the command at once with code 130, undoes the migration and frees the lock', async () => {
    const { child, result } = workspace.start(['migrate'], { in: 'sleeper' });
    await findSleeper();
    const pressed = performance.now();
    // the terminal sends it to the whole group, and a pnpm or turbo above passes it on once more
    child.kill('SIGINT');
    await wait(30);
    child.kill('SIGINT');
    const { code, stderr } = await result;

    expect(performance.now() - pressed).toBeLessThan(3000);
    expect(code).toBe(130); // as a shell has it: the second may meet the process when it has said all and is leaving
    expect(stderr).toContain('INTERRUPTED interrupted; nothing of the unfinished transaction was kept\n');
    expect(stderr).toContain('hint run the command again to go on\n');
    await expect(isLockFree('sleeper')).resolves.toBe(true);
    await expect(readThree('sleeper')).resolves.toEqual({
      history: ['1700000000001_quick'],
      ledger: ['1700000000001_quick'],
      tables: ['quick'],
    });
  });

  test('also ends one that waits for another to migrate, and leaves that one alone', async () => {
    const holder = workspace.start(['migrate'], { in: 'sleeper' });
    const pid = await findSleeper();
    const waiting = workspace.start(['migrate'], { in: 'sleeper' });
    await waiting.said('waiting for process');
    waiting.child.kill('SIGINT');

    await expect(waiting.result).resolves.toMatchObject({ code: 130 });
    await expect(findSleeper()).resolves.toBe(pid);
    holder.child.kill('SIGTERM');
    await expect(holder.result).resolves.toMatchObject({ code: 130 });
  });
});

test('a backend that is terminated in the middle of a migration is a clear error, and the next run finishes', async () => {
  const { result } = workspace.start(['migrate'], { in: 'sleeper' });
  await server.query('postgres', 'SELECT pg_terminate_backend($1)', [await findSleeper()]);
  const { code, stderr } = await result;

  expect(code).toBe(1);
  expect(stderr).toContain('MIGRATION_FAILED migrations/1700000000002_slow.sql');
  expect(stderr).toContain('terminating connection due to administrator command (57P01)');
  expect(stderr).toContain('applied before it and kept: 1700000000001_quick\n');
  expect(stderr).not.toMatch(/\n {4}at /);
  await expect(readThree('sleeper')).resolves.toEqual({
    history: ['1700000000001_quick'],
    ledger: ['1700000000001_quick'],
    tables: ['quick'],
  });

  const slow = 'packages/sleeper/migrations/1700000000002_slow.sql';
  await workspace.write(slow, migration('CREATE TABLE slow ();'));
  await expect(workspace.atriz(['migrate'], { in: 'sleeper' })).resolves.toMatchObject({ code: 0 });
  await workspace.write(slow, SLOW['1700000000002_slow.sql']);
});

function withoutTransaction(statements: readonly string[]): string {
  return `-- atriz: no-transaction\n${migration(statements.join('\n'))}`;
}

test.each([1, 2, 3])(
  'killed in statement %i of a migration without a transaction, the command says so until it is resolved',
  async (place) => {
    const slow = 'packages/sleeper/migrations/1700000000002_slow.sql';
    const statements = ['CREATE TABLE one ();', 'CREATE TABLE two ();', 'CREATE TABLE three ();'];
    await workspace.write(slow, withoutTransaction(statements.with(place - 1, 'SELECT pg_sleep(60);')));
    const { child, result } = workspace.start(['migrate'], { in: 'sleeper' });
    const pid = await findSleeper();
    child.kill('SIGKILL');
    await result;
    await server.query('postgres', 'SELECT pg_terminate_backend($1)', [pid]);
    await waitUntilAlone('sleeper');

    const status = await workspace.atriz(['status'], { in: 'sleeper' });
    expect(status.code).toBe(3);
    expect(status.stdout).toContain(`applying it stopped at ${place} of 3 statements: the run was cut off`);
    expect(status.stdout).toContain('atriz migrate resolve --applied 1700000000002_slow, or --rolled-back');
    const before = await readThree('sleeper');
    expect(before.tables).toEqual(['quick', ...['one', 'two', 'three'].slice(0, place - 1)].toSorted());
    const again = await workspace.atriz(['migrate'], { in: 'sleeper' });
    expect(again).toMatchObject({ code: 3, stderr: expect.stringContaining('MIGRATION_UNFINISHED') as string });

    await workspace.query('sleeper', 'DROP TABLE IF EXISTS one, two, three');
    await workspace.write(slow, withoutTransaction(statements));
    await workspace.atriz(['migrate', 'resolve', '--rolled-back', '1700000000002_slow'], { in: 'sleeper' });
    await expect(workspace.atriz(['migrate'], { in: 'sleeper' })).resolves.toMatchObject({ code: 0 });
    await expect(readThree('sleeper')).resolves.toMatchObject({ tables: ['one', 'quick', 'three', 'two'] });
    await workspace.write(slow, SLOW['1700000000002_slow.sql']);
  },
);

test('when the one that migrates is killed, a waiting one takes over', async () => {
  const holder = workspace.start(['migrate'], { in: 'sleeper' });
  await findSleeper();
  const slow = 'packages/sleeper/migrations/1700000000002_slow.sql';
  await workspace.write(slow, migration('CREATE TABLE slow ();'));
  const waiting = [1, 2, 3].map(() => workspace.start(['migrate'], { in: 'sleeper' }));
  for (const { said } of waiting) await said('waiting for process');
  holder.child.kill('SIGKILL');
  await holder.result;
  // PostgreSQL 13 notices a client's death only when it answers, so there somebody has to end the session
  const [version] = await server.query<{ number: number }>(
    'postgres',
    `SELECT current_setting('server_version_num')::int AS number`,
  );
  if (version!.number < 140_000) {
    await server.query('postgres', 'SELECT pg_terminate_backend($1)', [await findSleeper()]);
  }

  const results = await Promise.all(waiting.map(({ result }) => result));
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(results.filter(({ stdout }) => stdout.includes('1 migration applied'))).toHaveLength(1);
  expect(results.filter(({ stdout }) => stdout.includes('up to date'))).toHaveLength(2);
  await expect(readThree('sleeper')).resolves.toEqual({
    history: ['1700000000001_quick', '1700000000002_slow'],
    ledger: ['1700000000001_quick', '1700000000002_slow'],
    tables: ['quick', 'slow'],
  });
  await workspace.write(slow, SLOW['1700000000002_slow.sql']);
});
