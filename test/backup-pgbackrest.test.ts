import { chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startDebianServer } from '../packages/backup/test/debian-server.ts';
import { HAS_PGBACKREST } from '../packages/backup/test/pgbackrest.ts';
import { serverAt } from './harness/server.ts';
import { createWorkspace, migration } from './harness/workspace.ts';

const SLOW_MS = 180_000;
const KEY = 'a passphrase that nobody is to see';
const PLANTS = { '1700000000001_plants.sql': migration('CREATE TABLE plants (name text);', 'DROP TABLE plants;') };

test.skipIf(!HAS_PGBACKREST)(
  'from an ordinary server to a database of five seconds ago, by the commands alone; no command says the key',
  async () => {
    await using opened = new AsyncDisposableStack();
    const place = await mkdtemp(join(tmpdir(), 'atriz-pgbackrest-command-'));
    opened.defer(() => rm(place, { recursive: true, force: true }));
    const debian = opened.use(await startDebianServer());
    if (debian.account) await chown(place, debian.account.uid, debian.account.gid);
    const workspace = opened.use(
      await createWorkspace({ garden: { migrations: PLANTS } }, serverAt(debian.parameters)),
    );
    const env = {
      BACKUP_PGBACKREST_CONFIG: join(place, 'pgbackrest.conf'),
      BACKUP_PGBACKREST_REPO: join(place, 'repository'),
      BACKUP_ENCRYPTION_KEY: KEY,
      LOG_LEVEL: 'debug',
    };
    const said: string[] = [];
    const atriz = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
      const result = await workspace.start(args, { env }).result;
      said.push(result.stdout, result.stderr);
      return { ...result, code: result.code ?? -1 };
    };
    await atriz('setup');
    await workspace.query('garden', `INSERT INTO plants VALUES ('oak'), ('elm')`);

    await expect(atriz('backup', 'pgbackrest', 'init')).resolves.toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        'CONFIRMATION_REQUIRED this would set for the whole server archive_mode',
      ) as string,
    });
    await expect(readdir(place)).resolves.toEqual([]);
    await expect(atriz('backup', 'pgbackrest', 'backup')).resolves.toMatchObject({ code: 1 });
    await expect(atriz('backup', 'pgbackrest', 'init', '--yes')).resolves.toMatchObject({
      code: 0,
      stdout: expect.stringContaining('restart the server, then: atriz backup pgbackrest init\n') as string,
    });
    await debian.restart();
    await expect(atriz('backup', 'pgbackrest', 'init')).resolves.toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the archive works: a segment was archived and found\n') as string,
    });
    await expect(atriz('backup', 'pgbackrest', 'check')).resolves.toMatchObject({ code: 0 });
    const backup = await atriz('backup', 'pgbackrest', 'backup', '--type', 'full', '--json');
    const { label } = JSON.parse(backup.stdout) as { readonly label: string };
    await wait(1100); // backups are known to the second
    const [now] = await workspace.query<{ now: string }>(
      'garden',
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`,
    );
    await workspace.query('garden', 'DELETE FROM plants');

    const asOf = ['backup', 'restore', '--as-of', now!.now];
    await expect(atriz(...asOf)).resolves.toMatchObject({ code: 2 });
    await expect(atriz(...asOf, '--table', 'plants')).resolves.toMatchObject({ code: 2 });
    const database = workspace.database('garden');
    const one = await atriz(...asOf, '--database', database, '--as', `${database}_back`, '--json');
    expect(JSON.parse(one.stdout)).toMatchObject({ backup: label, databaseName: `${database}_back` });
    const server = serverAt(debian.parameters);
    await expect(server.query(`${database}_back`, 'SELECT name FROM plants ORDER BY 1')).resolves.toEqual([
      { name: 'elm' },
      { name: 'oak' },
    ]);
    await server.query('postgres', `DROP DATABASE "${database}_back"`);
    const whole = await atriz(...asOf, '--directory', join(place, 'recovered'));
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining(`  ${database}  there\n`) as string });

    const temporary = join(place, 'temporary');
    await mkdir(temporary);
    const killed = workspace.start([...asOf, '--database', database, '--as', `${database}_never`], {
      env: { ...env, TMPDIR: temporary },
    });
    await killed.said('recovery to that moment: the server starts');
    killed.child.kill('SIGKILL');
    await expect(killed.result).resolves.toMatchObject({ code: 137 });
    const left = async () => (await readdir(temporary)).filter((name) => name.startsWith('atriz-'));
    while ((await left()).length > 0) await wait(100); // its server ends with it, and all that it had goes
    await expect(server.databaseExists(`${database}_never`)).resolves.toBe(false);

    const info = await atriz('backup', 'pgbackrest', 'info', '--json');
    expect(JSON.parse(info.stdout)).toMatchObject({ backups: [{ label }], server: { on: true, failing: false } });
    await expect(atriz('backup', 'pgbackrest', 'info')).resolves.toMatchObject({
      code: 0,
      stdout: expect.stringContaining(label) as string,
    });
    await expect(atriz('backup', 'pgbackrest', 'expire')).resolves.toMatchObject({ stdout: '1 backup kept\n' });
    expect(said.join('\n')).not.toContain(KEY);
    expect(said.join('\n')).not.toContain(debian.parameters.password!);
  },
  SLOW_MS,
);
