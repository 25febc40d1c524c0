import { createRequire } from 'node:module';
import { join } from 'node:path';
import { assertReady, createDatabasePool, defineDatabase } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';
import { readCatalog, readContents } from './harness/contents.ts';
import { PGBOUNCER, startPgBouncer, type PgBouncer } from './harness/pgbouncer.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const DEFINITION = (name: string): string => `import { defineDatabase } from '@atriz/database';
export default defineDatabase({ name: ${JSON.stringify(name)}, directUrlVariable: 'DIRECT_DATABASE_URL' });
`;

/** Fails when it runs twice, and leaves a row each time that it runs. */
const STEP = migration(
  `CREATE TABLE IF NOT EXISTS runs (name text);\nCREATE TABLE two ();\nINSERT INTO runs VALUES ('two');`,
  'DROP TABLE two;',
);

/** Every command that takes the migration lock. */
const LOCKING = [['migrate'], ['migrate', 'down'], ['migrate', 'redo'], ['seed'], ['clean', '--yes'], ['setup']];

const HELD_LOCKS = `SELECT pid FROM pg_locks WHERE locktype = 'advisory'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

const SLEEPERS = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`;

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      core: {
        migrations: { '1700000000001_one.sql': migration('CREATE TABLE one ();', 'DROP TABLE one;') },
        seeds: { '001_rows.ts': seed(`await client.query('INSERT INTO one DEFAULT VALUES');`) },
      },
    },
    server,
  );
  await workspace.write('packages/core/database.config.ts', DEFINITION(workspace.database('core')));
});
afterAll(() => workspace[Symbol.asyncDispose]());
beforeEach(async () => {
  await server.drop([workspace.database('core')]);
  await workspace.write('packages/core/migrations/1700000000002_two.sql', STEP);
  await workspace.atriz(['create']);
  await workspace.atriz(['migrate', '--count', '1']);
});

const everything = async (): Promise<object> => {
  const name = workspace.database('core');
  return { catalog: await readCatalog(server, name), contents: await readContents(server, name) };
};
const through = (bouncer: PgBouncer): string => bouncer.url(workspace.database('core'));

/** What `doctor --json` says last: of the database. */
function findingOf({ stdout }: { readonly stdout: string }): unknown {
  return (JSON.parse(stdout) as { readonly findings: unknown[] }).findings.at(-1);
}

describe.skipIf(PGBOUNCER === undefined)('with PgBouncer, where it is installed (apt-get install pgbouncer),', () => {
  test.each([
    [
      'transaction',
      'fail',
      'migrations of core would go through a pooler in transaction mode, where no lock stays theirs',
    ],
    ['session', 'warn', 'migrations of core go through a pooler, in session mode'],
  ] as const)('in %s mode doctor finds it, and says which variable goes past it', async (mode, level, message) => {
    await using bouncer = await startPgBouncer(server, { mode });
    const env = { DATABASE_URL: through(bouncer) };
    const mend = 'let DIRECT_DATABASE_URL name the server itself';

    const found = await workspace.atriz(['doctor', '--json'], { env });
    expect(findingOf(found)).toEqual({ check: 'server', level, message, mend });
    const direct = { ...env, DIRECT_DATABASE_URL: server.url(workspace.database('core')) };
    const mended = await workspace.atriz(['doctor', '--json'], { env: direct });
    expect(findingOf(mended)).toEqual({ check: 'server', level: 'ok', message: 'core answers' });
  });

  test('in transaction mode every command that locks is refused before it writes or locks anything', async () => {
    await using bouncer = await startPgBouncer(server, { mode: 'transaction' });
    const before = await everything();

    for (const command of LOCKING) {
      const env = { DATABASE_URL: through(bouncer) };
      const { code, stderr } = await workspace.atriz(command, { in: 'core', env });
      expect({ command, code, stderr }).toEqual({
        command,
        code: 3,
        stderr: expect.stringMatching(
          /^core: POOLER_IN_THE_WAY "core" on 127\.0\.0\.1:\d+, named by DATABASE_URL of the process, is behind a pooler that lends its connections for one transaction at a time: .*\nhint name the server itself in DIRECT_DATABASE_URL; the application keeps DATABASE_URL\n$/,
        ) as string,
      });
    }
    expect(await everything()).toEqual(before);
    await expect(workspace.query('core', HELD_LOCKS)).resolves.toEqual([]);
  });

  test('two migrators at once through it never run twice, round-robin and under load too', async () => {
    const before = await everything();
    for (const roundRobin of [false, true]) {
      await using bouncer = await startPgBouncer(server, { mode: 'transaction', roundRobin });
      await using load = await startLoad(through(bouncer));
      const results = await Promise.all(
        [1, 2, 3].map(() => workspace.atriz(['migrate'], { in: 'core', env: { DATABASE_URL: through(bouncer) } })),
      );
      expect(results.map(({ code, stderr }) => [code, stderr.split(' ')[1]])).toEqual(
        results.map(() => [3, 'POOLER_IN_THE_WAY']),
      );
      expect(load.answers()).toBeGreaterThan(0);
    }
    expect(await everything()).toEqual(before);
  });

  test('in statement mode it is refused too', async () => {
    await using bouncer = await startPgBouncer(server, { mode: 'statement' });
    const result = await workspace.atriz(['migrate'], { in: 'core', env: { DATABASE_URL: through(bouncer) } });
    expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('POOLER_IN_THE_WAY') as string });
  });

  test('in session mode, which keeps a lock with its client, two migrators run each migration once', async () => {
    await using bouncer = await startPgBouncer(server, { mode: 'session' });
    const env = { DATABASE_URL: through(bouncer) };
    const results = await Promise.all([1, 2].map(() => workspace.atriz(['migrate'], { in: 'core', env })));

    expect(results.map(({ code, stdout }) => [code, stdout]).toSorted()).toEqual([
      [0, 'core  1 migration applied               … ms\n'],
      [0, 'core  up to date                        … ms\n'],
    ]);
    await expect(workspace.query('core', 'SELECT name FROM runs')).resolves.toEqual([{ name: 'two' }]);
    await expect(workspace.query('core', HELD_LOCKS)).resolves.toEqual([]);
  });

  test('in session mode with one connection to lend it takes a moment to be sure, and works', async () => {
    await using bouncer = await startPgBouncer(server, { mode: 'session', poolSize: 1 });
    const result = await workspace.atriz(['migrate'], { in: 'core', env: { DATABASE_URL: through(bouncer) } });
    expect(result).toMatchObject({ code: 0, stdout: 'core  1 migration applied               … ms\n' });
  });

  test('in session mode Ctrl-C ends the backend that works, which the pooler’s own number is not', async () => {
    await workspace.write('packages/core/migrations/1700000000002_two.sql', migration('SELECT pg_sleep(60);'));
    await using bouncer = await startPgBouncer(server, { mode: 'session' });
    const running = workspace.start(['migrate'], { in: 'core', env: { DATABASE_URL: through(bouncer) } });
    await running.said('applying 1700000000002_two');
    await expect.poll(() => workspace.query('core', SLEEPERS), { timeout: 20_000 }).toHaveLength(1);
    running.child.kill('SIGINT');
    await expect(running.result).resolves.toMatchObject({ code: 130 });
    await expect(workspace.query('core', SLEEPERS)).resolves.toEqual([]);
    await expect(workspace.query('core', HELD_LOCKS)).resolves.toEqual([]);
  });

  test('what needs no lock goes through the pooler: status, health, and a migrate with nothing to do', async () => {
    await workspace.atriz(['migrate']);
    await using bouncer = await startPgBouncer(server, { mode: 'transaction' });
    const env = { DATABASE_URL: through(bouncer) };
    for (const command of ['status', 'health', 'migrate', 'create']) {
      await expect(workspace.atriz([command], { in: 'core', env })).resolves.toMatchObject({ code: 0 });
    }
  });

  test.each(['transaction', 'session', 'statement'] as const)(
    'an application asks through it in %s mode whether its database is ready',
    async (mode) => {
      await using bouncer = await startPgBouncer(server, { mode });
      await using db = createDatabasePool({ connectionString: through(bouncer), max: 2 });
      const definition = defineDatabase({ name: workspace.database('core') });
      const options = { directory: workspace.directory('core'), family: 'fixture' };
      await expect(assertReady(db, definition, options)).rejects.toMatchObject({
        code: 'NOT_MIGRATED',
        message: expect.stringContaining(
          'lacks 1 of the 2 migrations that this code was built with: 1700000000002_two',
        ),
      });
      await workspace.atriz(['migrate']);
      await expect(assertReady(db, definition, options)).resolves.toBeUndefined();
    },
  );

  test('with the direct variable set everything works, while the application’s pool goes through the pooler', async () => {
    await using bouncer = await startPgBouncer(server, { mode: 'transaction' });
    await using load = await startLoad(through(bouncer));
    const env = { DATABASE_URL: through(bouncer), DIRECT_DATABASE_URL: server.url(workspace.database('core')) };
    for (const command of LOCKING) {
      await expect(workspace.atriz(command, { in: 'core', env })).resolves.toMatchObject({ code: 0 });
    }
    const health = await workspace.atriz(['health'], { in: 'core', env });
    expect(health).toMatchObject({ code: 0 });
    expect(load.answers()).toBeGreaterThan(0);
  });

  test('a direct variable that names the pooler too is told as such', async () => {
    await using bouncer = await startPgBouncer(server, { mode: 'transaction' });
    const env = { DATABASE_URL: through(bouncer), DIRECT_DATABASE_URL: through(bouncer) };
    const { code, stderr } = await workspace.atriz(['migrate'], { in: 'core', env });
    expect(code).toBe(3);
    expect(stderr).toContain('named by DIRECT_DATABASE_URL of the process');
    expect(stderr).toContain('hint let DIRECT_DATABASE_URL name the server itself\n');
  });

  test('a lock that node-pg-migrate stranded in the pool is told from a migrator, with what frees it', async () => {
    await using bouncer = await startPgBouncer(server, { mode: 'transaction' });
    const pid = await strandLock(through(bouncer), workspace.directory('core'));
    await expect(workspace.query('core', HELD_LOCKS)).resolves.toEqual([{ pid }]);

    const waiting = workspace.start(['migrate'], { in: 'core' });
    await waiting.said(`If nobody migrates now, free it by: SELECT pg_terminate_backend(${pid})`);
    await workspace.query('core', `SELECT pg_terminate_backend(${pid})`);
    const { code, stderr } = await waiting.result;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      new RegExp(`waiting for process ${pid} of .* but is idle for \\d+ s after ".*"; it does nothing: mostly a lock`),
    );
  });
});

/** Clients of the pooler that keep its connections busy, as an application does, until they are disposed of. */
async function startLoad(connectionString: string): Promise<AsyncDisposable & { answers(): number }> {
  const db = createDatabasePool({ connectionString, max: 3 });
  const stop = new AbortController();
  let answers = 0;
  const clients = [1, 2, 3].map(async () => {
    while (!stop.signal.aborted) {
      await db.query('SELECT pg_sleep(0.002)');
      answers += 1;
    }
  });
  return {
    answers: () => answers,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(clients);
      await db.close();
    },
  };
}

/**
 * Runs node-pg-migrate's own runner through the pooler while an application takes the connection on which the lock
 * was made: the unlocking at its end reaches another one. Returns the process of the backend that keeps the lock.
 */
async function strandLock(connectionString: string, directory: string): Promise<number> {
  const requireOf = createRequire(join(REPOSITORY, 'packages/lifecycle/package.json'));
  const { runner } = (await import(requireOf.resolve('node-pg-migrate'))) as {
    runner: (options: object) => Promise<unknown>;
  };
  await using db = createDatabasePool({ connectionString, max: 2 });
  const [migrator, application] = await Promise.all([db.pool.connect(), db.pool.connect()]);
  let pid = 0;
  const query = migrator.query.bind(migrator) as (...parameters: unknown[]) => Promise<unknown>;
  const watched = async (...parameters: unknown[]): Promise<unknown> => {
    const result = await query(...parameters);
    if (JSON.stringify(parameters[0]).includes('pg_try_advisory_lock')) {
      await application.query('BEGIN'); // PgBouncer lends the connection that was used last
      pid = (await application.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
    }
    return result;
  };
  migrator.query = watched as typeof migrator.query;
  await runner({
    dbClient: migrator,
    dir: `${directory}/migrations`,
    migrationsTable: 'pgmigrations',
    direction: 'up',
    count: 0,
    log: () => undefined,
  });
  await application.query('COMMIT');
  migrator.release(true);
  application.release(true);
  return pid;
}
