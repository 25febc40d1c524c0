import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      sleeper: { migrations: { '1700000000001_slow.sql': migration(`SELECT 'sleeper', pg_sleep(600);`, 'SELECT 1;') } },
      quick: { migrations: { '1700000000001_quick.sql': migration('CREATE TABLE quick ();', 'DROP TABLE quick;') } },
    },
    server,
  );
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** The scratch database in which the sleeping migration runs, once it does; and the session that runs it. */
async function findSleeper(): Promise<{ readonly database: string; readonly pid: number }> {
  for (;;) {
    const [row] = await server.query<{ database: string; pid: number }>(
      'postgres',
      `SELECT datname AS database, pid FROM pg_stat_activity
        WHERE datname LIKE 'atriz_scratch_%' AND wait_event = 'PgSleep' AND query LIKE '%''sleeper''%'`,
    );
    if (row) return row;
    await wait(20);
  }
}

test('an interrupted check ends its statement, and leaves no scratch database', async () => {
  const run = workspace.start(['migrate', 'check', '--down'], { in: 'sleeper' });
  const { database } = await findSleeper();
  run.child.kill('SIGINT');
  await expect(run.result).resolves.toMatchObject({ code: 130 });
  await expect(server.databaseExists(database)).resolves.toBe(false);
});

test('what a killed check leaves behind, the next check drops', async () => {
  const run = workspace.start(['migrate', 'check', '--down'], { in: 'sleeper' });
  const { database, pid } = await findSleeper();
  run.child.kill('SIGKILL');
  await run.result;
  await expect(server.databaseExists(database)).resolves.toBe(true);
  // It may be a while until the server notices that nobody listens to the statement any more.
  await server.query('postgres', `SELECT pg_terminate_backend(${pid})`);
  while ((await server.query('postgres', `SELECT FROM pg_stat_activity WHERE datname = '${database}'`)).length > 0) {
    await wait(20);
  }
  await expect(workspace.atriz(['migrate', 'check', '--down'], { in: 'quick' })).resolves.toMatchObject({
    code: 0,
    stdout: 'quick  1 Down section undoes its Up      … ms\n',
  });
  await expect(server.databaseExists(database)).resolves.toBe(false);
});
