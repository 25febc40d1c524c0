import { expect, test } from 'vitest';
import { openTestServer } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const PLANTS = migration(`CREATE TABLE plants (name text); INSERT INTO plants VALUES ('oak'), ('elm');`);
const LOSE = migration(`DELETE FROM plants WHERE name = 'elm';`);
const AUTO = { AUTO_BACKUP_BEFORE_MIGRATION: 'true', BACKUP_LOCAL: 'true' };

const plants = async (workspace: Workspace, key: string): Promise<string[]> =>
  (await workspace.query<{ name: string }>(key, 'SELECT name FROM plants ORDER BY name')).map(({ name }) => name);

test('migrate up with AUTO_BACKUP_BEFORE_MIGRATION ends with the line that undoes it, and that line does', async () => {
  const server = await openTestServer();
  const migrations = { '1700000000001_plants.sql': PLANTS };
  await using workspace = await createWorkspace({ garden: { migrations }, orchard: { migrations } }, server);
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    workspace.atriz(args, { env: { ...AUTO, ...env } });
  const first = await run(['setup', '--json']); // nothing that could be harmed: no set
  expect({ code: first.code, backup: JSON.parse(first.stdout).backup }).toEqual({ code: 0, backup: undefined });
  await workspace.write('packages/garden/migrations/1700000000002_lose.sql', LOSE);

  const failed = await run(['migrate', 'up'], { BACKUP_LOCAL: 'package.json' });
  expect(failed).toMatchObject({ code: 4, stderr: expect.stringContaining('BACKUP_STORE_FAILED') as string });
  expect(await plants(workspace, 'garden')).toEqual(['elm', 'oak']);

  const up = await run(['migrate', 'up']);
  expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining('1 migration applied') as string });
  const line = /undo: pnpm exec atriz (migrate undo --run [0-9a-f-]{36})\n$/.exec(up.stdout)?.[1];
  expect(line).toBeDefined();
  expect(await plants(workspace, 'garden')).toEqual(['oak']);

  const undo = line!.split(' ');
  const unasked = await run(undo);
  expect(unasked).toMatchObject({ code: 3, stderr: expect.stringContaining('CONFIRMATION_REQUIRED') as string });
  const production = { NODE_ENV: 'production', BACKUP_ENCRYPTION: 'false' };
  const urls = { DATABASE_PROVIDER: 'postgresql', DATABASE_URL: server.url(workspace.database('garden')) };
  const refused = await workspace.atriz([...undo, '--yes'], { in: 'garden', env: { ...AUTO, ...production, ...urls } });
  expect({ code: refused.code, stderr: refused.stderr }).toMatchObject({ code: 3 });
  expect(await plants(workspace, 'garden')).toEqual(['oak']);

  const undone = await run([...undo, '--yes', '--drop-old', '--json']);
  expect({ code: undone.code, stderr: undone.code === 0 ? '' : undone.stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(undone.stdout)).toMatchObject({
    undone: undo.at(-1),
    sets: [{ databases: [{ name: 'garden', kept: null }] }],
  });
  expect(await plants(workspace, 'garden')).toEqual(['elm', 'oak']);
  const history = await run(['history', '--database', workspace.database('garden')]);
  expect(history.stdout).toContain('migrate undo');
  expect(await run([...undo, '--yes'])).toMatchObject({ code: 2 }); // nothing is left to undo
});

test('killed (-9) behind its set, amid a migration: the set is there and proven, the database as it was; the next run goes through', async () => {
  const server = await openTestServer();
  const migrations = { '1700000000001_plants.sql': PLANTS };
  await using workspace = await createWorkspace({ garden: { migrations } }, server);
  expect((await workspace.atriz(['setup'])).code).toBe(0);
  const slow = (seconds: number): Promise<void> => {
    const sql = `DELETE FROM plants; SELECT pg_sleep(${seconds});`;
    return workspace.write('packages/garden/migrations/1700000000002_lose.sql', migration(sql));
  };
  await slow(60);
  const running = workspace.start(['migrate', 'up'], { env: AUTO });
  const sleeping = `SELECT FROM pg_stat_activity WHERE datname = '${workspace.database('garden')}' AND query LIKE '%pg_sleep(60)%' AND state = 'active'`;
  await expect.poll(() => server.query('postgres', sleeping), { timeout: 60_000, interval: 100 }).toHaveLength(1);
  running.child.kill('SIGKILL');
  const killed = await running.result;
  await server.query(
    'postgres',
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${workspace.database('garden')}'`,
  );
  expect(await plants(workspace, 'garden')).toEqual(['elm', 'oak']);
  const listed = await workspace.atriz(['backup', 'list', '--json'], { env: AUTO });
  expect(JSON.parse(listed.stdout)).toMatchObject({ sets: [{ purpose: 'migration', proven: true }] });
  expect(killed.stdout).toMatch(/backed up and proven: backup-/);
  await slow(0);
  const run = await workspace.atriz(['migrate', 'up'], { env: AUTO });
  expect({ code: run.code, plants: await plants(workspace, 'garden') }).toEqual({ code: 0, plants: [] });
});
