import { access, chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HAS_PGBACKREST, openArchivedFamily, type ArchivedFamily } from '../../../test/pgbackrest.ts';
import { backUpServer, checkArchive } from '../backup.ts';
import { restoreDatabaseAsOf } from './database-as-of.ts';
import type { PhysicalBackup } from '../info.ts';
import { planRecovery } from './recovery-plan.ts';
import { parseAsOf, type RecoveryTarget } from './recovery-target.ts';
import { restoreAsOf } from './restore-as-of.ts';
import { restoreDirectory } from './restore-directory.ts';
import { openStanza, readInfo } from '../stanza.ts';

const skipped = !HAS_PGBACKREST;
const SLOW_MS = 180_000;

let archived: ArchivedFamily;
let backup: PhysicalBackup;
let beforeTheLoss: RecoveryTarget;

beforeAll(async () => {
  if (skipped) return;
  archived = await openArchivedFamily({ people: 10 });
  const { family, place, server } = archived;
  const tablespace = join(place, 'fast');
  await mkdir(tablespace);
  if (server.account) await chown(tablespace, server.account.uid, server.account.gid);
  await family.query('postgres', `CREATE TABLESPACE fast LOCATION '${tablespace}'`);
  await family.query(family.names.people, 'CREATE TABLE visits TABLESPACE fast AS SELECT 1 AS n');
  backup = await backUpServer(family.workspace, { type: 'full' });
  await wait(1100); // backups are known to the second
  await family.query(family.names.people, `UPDATE people SET name = 'Renamed' WHERE name = 'Person 3'`);
  await family.query('postgres', `SELECT pg_create_restore_point('before the loss')`);
  beforeTheLoss = parseAsOf(await now());
  await family.query(family.names.people, 'DELETE FROM people');
}, SLOW_MS);

afterAll(async () => archived?.[Symbol.asyncDispose]());

/** The server's time, to the microsecond. */
async function now(): Promise<string> {
  const { family } = archived;
  const [row] = await family.query<{ now: string }>(
    family.names.people,
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`,
  );
  return row!.now;
}

test.skipIf(skipped)(
  'the server at a time, with its last minute, which was not archived yet; a copy archives nothing',
  async () => {
    const { family, place } = archived;
    const directory = join(place, 'at-a-time');
    const report = await restoreAsOf(family.workspace, { recovery: beforeTheLoss, directory });
    expect(report).toMatchObject({
      backup: backup.label,
      archived: true,
      databases: [
        { name: family.names.people, state: 'there' },
        { name: family.names.shops, state: 'there' },
        { name: family.names.trips, state: 'there' },
      ],
      references: 2,
      orphanRows: 0,
      start: `/usr/lib/postgresql/15/bin/pg_ctl start -D ${directory}`,
    });
    await expect(readdir(directory)).resolves.not.toContain('postmaster.pid');
    await expect(readdir(directory)).resolves.not.toContain('recovery.signal');
    await expect(readdir(`${directory}_tablespaces`)).resolves.toHaveLength(1); // not in those of the server in use
  },
  SLOW_MS,
);

test.skipIf(skipped)(
  'the end of the archive is the loss too, and the references that lead nowhere since are counted',
  async () => {
    const { family, place } = archived;
    const recovery = parseAsOf('latest');
    const report = await restoreAsOf(family.workspace, { recovery, directory: join(place, 'latest') });
    expect(report).toMatchObject({ references: 2, orphanRows: 20 });
  },
  SLOW_MS,
);

test.skipIf(skipped)(
  'one database at a restore point, compared and put beside the one in use, which stays as it is',
  async () => {
    const { family } = archived;
    const { people } = family.names;
    const recovery: RecoveryTarget = { kind: 'name', name: 'before the loss' };
    const as = `${people}_back`;
    const report = await restoreDatabaseAsOf(family.workspace, { database: people, recovery, as });
    expect(report).toMatchObject({ database: people, databaseName: as, backup: backup.label });
    const names = await family.query<{ name: string }>(
      as,
      `SELECT name FROM people WHERE name !~ '^Person' ORDER BY 1`,
    );
    expect(names).toEqual([{ name: 'Renamed' }]);
    await expect(family.query(as, 'SELECT FROM people')).resolves.toHaveLength(10);
    await expect(family.query(people, 'SELECT FROM people')).resolves.toHaveLength(0);
    const again = restoreDatabaseAsOf(family.workspace, { database: people, recovery, as });
    await expect(again).rejects.toMatchObject({
      code: 'RESTORE_BLOCKED',
      message: `there is a database "${as}" already`,
    });
  },
  SLOW_MS,
);

test.skipIf(skipped)('what cannot be had is refused before anything is restored', async () => {
  const { family, place } = archived;
  const { workspace } = family;
  const directory = join(place, 'never');
  const restore = (text: string, more: object = {}): Promise<unknown> =>
    restoreAsOf(workspace, { recovery: parseAsOf(text), directory, ...more });
  await expect(restore('2001-01-01T00:00:00Z')).rejects.toMatchObject({
    code: 'BACKUP_UNKNOWN',
    message: expect.stringMatching(
      /^the first backup of stanza \w+ was finished at .* UTC, and nothing before that can be had: 2001-01-01 00:00:00 UTC$/,
    ) as string,
  });
  await expect(restore('2999-01-01T00:00:00Z')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(restore('latest', { label: '20010101-000000F' })).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
  await expect(restore('latest', { directory: place })).rejects.toMatchObject({ code: 'RESTORE_BLOCKED' });
  await expect(restore('latest', { directory: undefined })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(restore('latest', { directory: undefined, inPlace: true })).rejects.toMatchObject({
    code: 'DESTRUCTIVE_REFUSED',
  });
  await expect(access(directory)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.skipIf(skipped)('no room for what the backup holds is said before anything is restored', async () => {
  const { family, place } = archived;
  const recovery = parseAsOf('latest');
  const plan = await planRecovery(family.workspace, undefined, { recovery });
  const larger = { ...plan, backup: { ...backup, bytes: 2 ** 60 } };
  const directory = join(place, 'too-small');
  await expect(restoreDirectory(larger, { directory, context: {} })).rejects.toMatchObject({ code: 'RESTORE_NO_ROOM' });
  await expect(access(directory)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.skipIf(skipped)(
  'over a server that runs nothing is restored, even when every database is named',
  async () => {
    const { family } = archived;
    const contextFor = () => ({ allowDestructive: Object.values(family.names).join(',') });
    const restoring = restoreAsOf({ ...family.workspace, contextFor }, { recovery: beforeTheLoss, inPlace: true });
    await expect(restoring).rejects.toMatchObject({ code: 'RESTORE_BLOCKED', hint: 'stop the server first' });
  },
  SLOW_MS,
);

test.skipIf(skipped)(
  'a restore point that nobody made is told as such, and what was restored is removed',
  async () => {
    const { family, place } = archived;
    const directory = join(place, 'nowhere');
    const recovery: RecoveryTarget = { kind: 'name', name: 'after the party' };
    await expect(restoreAsOf(family.workspace, { recovery, directory })).rejects.toMatchObject({
      code: 'RESTORE_BLOCKED',
      message: expect.stringMatching(
        /^the archive does not reach restore point "after the party": it holds no transaction after 2\d{3}-/,
      ) as string,
    });
    await expect(access(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  },
  SLOW_MS,
);

test.skipIf(skipped)('a wrong cipher pass opens nothing: BACKUP_KEY_WRONG', async () => {
  const { family, config } = archived;
  const stanza = await openStanza(family.workspace);
  const other = `${config}.other`;
  const text = `[global]\nrepo1-path=${archived.repository}\nrepo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass=a wrong one\n`;
  await writeFile(other, text, { mode: 0o644 });
  await expect(readInfo({ ...stanza, config: other })).rejects.toMatchObject({ code: 'BACKUP_KEY_WRONG' });
});

test.skipIf(skipped)('a hole in the archive is refused, where PostgreSQL would take it for the end', async () => {
  const { family, place, repository } = archived;
  const stanza = await openStanza(family.workspace);
  const segments = join(repository, 'archive', stanza.name, '15-1', '0000000100000000');
  // One after those that the backup itself needs, and not the last one.
  const names = (await readdir(segments)).filter((name) => /^[0-9A-F]{24}-/.test(name)).toSorted();
  const gone = names.at(-2)!;
  await rm(join(segments, gone));
  const directory = join(place, 'hole');
  const restoring = restoreAsOf(family.workspace, { recovery: parseAsOf('latest'), directory });
  await expect(restoring).rejects.toMatchObject({
    code: 'BACKUP_FILE_MISSING',
    message: `segment ${gone.slice(8, 24)} is not in the archive: whatever followed backup ${backup.label} ends before it`,
  });
  await expect(access(directory)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.skipIf(skipped)(
  'a stopped server is taken back in its place, keeping the files that are right, and archives on',
  async () => {
    const { family, server } = archived;
    await server.kill();
    const contextFor = () => ({ allowDestructive: Object.values(family.names).join(', ') });
    const workspace = { ...family.workspace, contextFor };
    await rm(join(server.dataDirectory, 'postmaster.pid'), { force: true }); // as a crash of the machine leaves none
    const report = await restoreAsOf(workspace, { recovery: beforeTheLoss, inPlace: true });
    expect(report).toMatchObject({ archived: false, directory: server.dataDirectory, orphanRows: 0 });
    await server.restart();
    await expect(family.query(family.names.people, 'SELECT FROM people')).resolves.toHaveLength(10);
    await checkArchive(family.workspace);
  },
  SLOW_MS,
);
