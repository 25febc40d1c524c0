import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readServerFile } from '@atriz/database/workspace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyFamily, type FamilyCopy } from './harness/family-copy.ts';

/** A family is set up, backed up and restored. */
const PATIENCE_MS = 240_000;
const SETTINGS = { BACKUP_ENCRYPTION_KEY: 'a passphrase for tests only', BACKUP_LOCAL: 'sets' };

let copy: FamilyCopy;
beforeAll(async () => {
  copy = await copyFamily();
  await copy.atriz(['setup']);
  await atriz('backup', 'create');
}, PATIENCE_MS);
afterAll(() => copy[Symbol.asyncDispose]());

const atriz = (...args: string[]) => copy.atriz(args, { env: SETTINGS });

async function countUsers(database = 'atriz_shared'): Promise<number> {
  const server = await copy.server();
  return (await server.query<{ count: number }>(database, 'SELECT count(*)::int AS count FROM users'))[0]!.count;
}

test(
  'on the embedded server, with nothing installed: one database beside, the whole server in place, and back again',
  { timeout: PATIENCE_MS },
  async () => {
    const before = await countUsers();
    const server = await copy.server();
    await server.query('atriz_shared', 'DELETE FROM users');
    const beside = await atriz('backup', 'restore', '--database', 'atriz_shared', '--as', 'shared_then');
    expect(beside).toMatchObject({ code: 0 });
    expect(beside.stdout).toMatch(
      /^atriz_shared {2}restored as "shared_then" on .*: \d+ tables, [\d,]+ rows, as the set says/,
    );
    expect(beside.stdout).toContain('next when they are no longer needed: DROP DATABASE "shared_then"\n');
    expect(await countUsers('shared_then')).toBe(before);

    const asked = await atriz('backup', 'restore', '--in-place');
    expect(asked).toMatchObject({ code: 3, stderr: expect.stringContaining('CONFIRMATION_REQUIRED') });
    const whole = await atriz('backup', 'restore', '--in-place', '--yes', '--json');
    expect(whole).toMatchObject({ code: 0 });
    const report = JSON.parse(whole.stdout) as {
      databases: { name: string; pending: string[] }[];
      replacedServer: string;
    };
    expect(report.databases.map(({ name, pending }) => [name, pending])).toEqual(
      ['atriz_shared', 'atriz_db', 'mextrack_db', 'pshop_db'].map((name) => [name, []]),
    );
    expect(report.replacedServer).toMatch(/-before-\d{8}T\d{6}Z$/);
    expect(await countUsers()).toBe(before);
    expect(await atriz('roles', 'check')).toMatchObject({ code: 0 });
    expect(await atriz('status')).toMatchObject({ code: 0 });

    expect(await atriz('backup', 'restore', '--swap-back', '--yes')).toMatchObject({ code: 0 });
    expect(await countUsers()).toBe(0);
    const dropped = await atriz('backup', 'restore', '--drop-old', '--yes', '--json');
    expect((JSON.parse(dropped.stdout) as { dropped: string[] }).dropped).toHaveLength(1);
    expect((await atriz('backup', 'restore', '--drop-old')).stdout).toBe('no restore put anything aside\n');
  },
);

test.for([
  ['of one database', ['--database', 'atriz_shared'], 'comparing atriz_shared'],
  ['of the whole server', [], 'recovering the restored data'],
] as const)(
  'a restore in place %s that is interrupted ends with 130, and all is as it was',
  { timeout: PATIENCE_MS },
  async ([, options, moment]) => {
    const before = await countUsers();
    const running = copy.start(['backup', 'restore', '--in-place', '--yes', ...options], { env: SETTINGS });
    await running.said(moment);
    running.child.kill('SIGINT');
    expect(await running.result).toMatchObject({ code: 130, stderr: expect.stringContaining('INTERRUPTED') });
    expect(await countUsers()).toBe(before);
    const server = await copy.server();
    const left = `SELECT datname FROM pg_database WHERE datname ~ '^atriz_restore_|_before_'`;
    expect(await server.query('postgres', left)).toEqual([]);
  },
);

test(
  'a workspace that lost its server and all its data begins anew with the set',
  { timeout: PATIENCE_MS },
  async () => {
    const { dataDirectory } = (await readServerFile(copy.root))!;
    await copy.atriz(['stop']);
    await rm(dirname(dataDirectory), { recursive: true });
    await rm(join(copy.root, '.atriz'), { recursive: true });
    expect(await atriz('backup', 'restore', '--in-place', '--yes')).toMatchObject({ code: 0 });
    expect(await countUsers()).toBeGreaterThan(0);
  },
);

test('a server is restored into a directory for a PostgreSQL of its version', { timeout: PATIENCE_MS }, async () => {
  const directory = join(copy.root, 'elsewhere/data');
  const restored = await atriz('backup', 'restore', '--directory', 'elsewhere/data');
  expect(restored).toMatchObject({ code: 0 });
  expect(restored.stdout).toContain(`next with PostgreSQL 18, as the user who owns it: pg_ctl start -D ${directory}\n`);
  expect(await atriz('backup', 'restore', '--directory', 'elsewhere/data')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('RESTORE_BLOCKED'),
  });
});

test('options that contradict each other are refused', async () => {
  for (const args of [
    ['--as', 'x', '--as-suffix', 'y'],
    ['--swap-back', '--in-place'],
    ['--directory', 'd', '--table', 't'],
  ]) {
    expect(await copy.atriz(['backup', 'restore', ...args])).toMatchObject({ code: 2 });
  }
});
