import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDebianServer } from '../../../test/debian-server.ts';
import { openTestFamily } from '../../../test/family.ts';
import { HAS_PGBACKREST, openArchivedFamily, SECRET, type ArchivedFamily } from '../../../test/pgbackrest.ts';
import type { BackupWorkspace } from '../../workspace.ts';
import { readArchiveStatus, type ArchiveStatus } from '../archive-status.ts';
import { backUpServer, expireBackups } from '../backup.ts';
import { planInit, runInit } from './init.ts';
import { readStanza } from '../stanza.ts';

const skipped = !HAS_PGBACKREST;
const SLOW_MS = 180_000;

let archived: ArchivedFamily;
let workspace: BackupWorkspace;

beforeAll(async () => {
  if (skipped) return;
  archived = await openArchivedFamily({ init: false, variables: { BACKUP_RETENTION_COUNT: '1' } });
  workspace = archived.family.workspace;
}, SLOW_MS);

afterAll(async () => archived?.[Symbol.asyncDispose]());

/** The workspace with other variables. */
async function withVariables(variables: Record<string, string>): Promise<BackupWorkspace> {
  const find: BackupWorkspace['environment']['find'] = (variable, scopes) => {
    const value = variables[variable];
    return value === undefined
      ? workspace.environment.find(variable, scopes)
      : { variable, value, from: 'the process' };
  };
  return { ...workspace, environment: { find } };
}

test.skipIf(skipped)(
  'a new server is set, says that it has to be restarted, and archives then; the third time nothing is left to do',
  async () => {
    const { config, repository, server } = archived;
    const plan = await planInit(workspace);
    expect(plan).toMatchObject({ file: 'created', server: { waiting: [] } });
    expect(plan.server.changes.map(({ name, to }) => `${name} = ${to}`)).toEqual([
      'archive_mode = on',
      `archive_command = /usr/bin/pgbackrest --config=${config} --stanza=${plan.stanza.name} archive-push %p`,
      'archive_timeout = 60',
    ]);
    await expect(runInit(workspace, plan)).resolves.toMatchObject({ restart: ['archive_mode'], checked: false });

    const again = await planInit(workspace);
    expect(again).toMatchObject({ file: 'unchanged', server: { changes: [], waiting: ['archive_mode'] } });
    await expect(readArchiveStatus(workspace)).resolves.toMatchObject({ on: false, lossSeconds: null });

    await server.restart();
    const third = await runInit(workspace, await planInit(workspace));
    expect(third).toEqual({
      stanza: plan.stanza.name,
      config,
      file: 'unchanged',
      kept: undefined,
      changes: [],
      restart: [],
      checked: true,
    });
    const status = await readArchiveStatus(workspace);
    expect(status).toMatchObject({ on: true, failing: false, timeoutSeconds: 60, backup: null, lossSeconds: null });
    await expect(readFile(config, 'utf8')).resolves.toContain(`repo1-path=${repository}\n`);
  },
  SLOW_MS,
);

test.skipIf(skipped)('the key is in the file, which the server’s user alone may read, and nowhere else', async () => {
  const { config, server, family } = archived;
  const { mode, uid } = await stat(config);
  expect(mode & 0o777).toBe(0o600);
  expect(uid).toBe(server.account?.uid ?? process.getuid!());
  await expect(readFile(config, 'utf8')).resolves.toContain(`repo1-cipher-pass=${SECRET}\n`);
  const settings = await family.query<{ text: string }>(
    'postgres',
    'SELECT string_agg(setting, $1) AS text FROM pg_settings',
    ['\n'],
  );
  expect(settings[0]!.text).not.toContain(SECRET);
  expect(JSON.stringify((await planInit(workspace)).settings)).not.toContain(SECRET);
});

test.skipIf(skipped)(
  'another configuration takes the place of the first, which is kept; full backups are kept as many as it says',
  async () => {
    const { config } = archived;
    const first = await backUpServer(workspace, { type: 'full' });
    const second = await backUpServer(workspace, { type: 'diff' });
    expect(second).toMatchObject({ type: 'diff', damaged: false });
    expect(second.label.startsWith(`${first.label}_`)).toBe(true);

    const text = await readFile(config, 'utf8');
    const more = await withVariables({ BACKUP_RETENTION_COUNT: '2', BACKUP_JOBS: '1' });
    const result = await runInit(more, await planInit(more));
    expect(result).toMatchObject({ file: 'replaced', kept: expect.stringMatching(/\.before-\d{8}T\d{6}Z$/) as string });
    await expect(readFile(result.kept!, 'utf8')).resolves.toBe(text);
    await runInit(workspace, await planInit(workspace));

    const third = await backUpServer(workspace, { type: 'full' });
    await expect(expireBackups(workspace)).resolves.toMatchObject({ removed: [], kept: [{ label: third.label }] });
    const { backups, version } = await readStanza(workspace);
    await expect(readArchiveStatus(workspace)).resolves.toMatchObject({
      backup: { label: third.label },
      lossSeconds: expect.any(Number) as number,
    });
    expect({ version, labels: backups.map(({ label }) => label) }).toEqual({ version: 15, labels: [third.label] });
  },
  SLOW_MS,
);

test.skipIf(skipped)(
  'an archive that cannot be written to is seen: failing, with what waits, and what would be lost grows',
  async () => {
    const { repository, family } = archived;
    const place = join(repository, 'archive', (await readStanza(workspace)).stanza, '15-1', '0000000100000000');
    await chmod(place, 0o500);
    await family.query('postgres', 'SELECT pg_current_xact_id()');
    await family.query('postgres', 'SELECT pg_switch_wal()');
    let status: ArchiveStatus | undefined;
    while (!(status = await readArchiveStatus(workspace))!.failing) await wait(100);
    expect(status).toMatchObject({
      failing: true,
      waiting: 1,
      failedSegment: expect.stringMatching(/^[0-9A-F]{24}$/) as string,
    });
    expect(status!.lossSeconds).toBe(status!.waitingSeconds + 60 + 1);
    await chmod(place, 0o750);
    while ((await readArchiveStatus(workspace))!.failing) await wait(100);
    await expect(readArchiveStatus(workspace)).resolves.toMatchObject({ waiting: 0, lossSeconds: 61 });
  },
  SLOW_MS,
);

test.skipIf(skipped)(
  'a repository of another cluster is not written over: BACKUP_FOREIGN',
  async () => {
    await using other = await startDebianServer();
    const { parameters } = other;
    const open = async (name: string) => ({
      ...archived.family.target(name),
      parameters: { ...parameters, database: name },
    });
    const variables = { BACKUP_PGBACKREST_CONFIG: `${archived.config}.other` };
    const elsewhere = { ...(await withVariables(variables)), open };
    const running = planInit(elsewhere).then((plan) => runInit(elsewhere, plan));
    await expect(running).rejects.toMatchObject({ code: 'BACKUP_FOREIGN' });
  },
  SLOW_MS,
);

test.skipIf(skipped)('a server that pgBackRest does not know is refused, and nothing is written', async () => {
  const config = join(archived.place, 'never.conf');
  await using family = await openTestFamily({
    people: 1,
    variables: { BACKUP_PGBACKREST_CONFIG: config, BACKUP_PGBACKREST_REPO: archived.repository },
  });
  await expect(planInit(family.workspace)).rejects.toMatchObject({
    code: 'BACKUP_VERSION',
    message: expect.stringMatching(/^pgBackRest 2\.\d+ does not know PostgreSQL 18$/) as string,
  });
  await expect(stat(config)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('without a configuration file named it is not configured', async () => {
  const environment = { find: () => undefined };
  const family = { name: 'garden', root: '/srv', databases: [] };
  const bare = { family, environment } as unknown as BackupWorkspace;
  await expect(planInit(bare)).rejects.toMatchObject({ code: 'BACKUP_NOT_CONFIGURED' });
  await expect(readArchiveStatus(bare)).resolves.toBeUndefined();
});
