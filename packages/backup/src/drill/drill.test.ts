import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@atriz/lifecycle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { readBackupHealth } from '../health/health.ts';
import { runSlot } from '../schedule/slot-run.ts';
import { listSets } from '../set/list.ts';
import { openKeys } from '../keys/keys.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import { runDrill } from './drill.ts';

const HOUR_MS = 3_600_000;
const RUN = '3b2f4c1e-9d0a-4c57-8f5e-0a1b2c3d4e5f';

describe.skipIf(!HAS_DEBIAN_SERVER)('drills and slots of a family on PostgreSQL 15', () => {
  let server: DebianServer;
  let family: TestFamily;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    server = await startDebianServer();
    const variables = { BACKUP_RETENTION_COUNT: '1' };
    family = await openTestFamily({ server: server.parameters, people: 20, variables });
  });
  afterAll(async () => {
    await family[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const slot = (kind: 'backup' | 'drill') => runSlot(family.workspace, { kind, runId: RUN, signal });
  const sets = async () => {
    const settings = readBackupSettings(family.workspace);
    return listSets(openStores(settings), await openKeys(settings, family.workspace));
  };

  test('a backup’s slot makes a set of the whole family, reads it back, and removes what is kept no longer', async () => {
    const first = await slot('backup');
    const { setId } = await slot('backup');
    const left = await sets();
    expect(left.map(({ id }) => id)).toEqual([setId]);
    expect(setId).not.toBe(first.setId);
    expect(left[0]).toMatchObject({ manifest: { purpose: 'schedule', runId: RUN }, proofs: [{ method: 'checksums' }] });
    expect(left[0]!.manifest!.databases.map(({ name }) => name)).toEqual(Object.values(family.names));
  });

  test('a drill restores the newest set, proves it, and says what it took and what would be lost', async () => {
    const [newest] = await sets();
    const later: Context = { now: () => newest!.takenAt.getTime() + HOUR_MS };
    const report = await runDrill(family.workspace, { context: later });
    expect(report).toMatchObject({
      set: newest!.id,
      proven: true,
      rto: { limitMs: 900_000, met: true },
      rpo: { measuredMs: HOUR_MS, limitMs: 300_000, met: false, by: 'set' },
    });
    expect(report.restoreMs).toBeLessThanOrEqual(report.rto.measuredMs!);
    const { concerns, databases } = await readBackupHealth(family.workspace, later);
    expect(concerns).toEqual([]);
    expect(databases.map(({ proven }) => proven?.id)).toEqual(Array.from({ length: 3 }, () => newest!.id));
    expect(await slot('drill')).toEqual({ setId: newest!.id });
    console.info(`drill of 3 databases: ${report.rto.measuredMs} ms, ${report.restoreMs} ms of it the restore`);
  });

  test('a drill of a damaged set proves nothing, and its slot fails with what is wrong', async () => {
    const [newest] = await sets();
    const directory = join(family.root, '.atriz', 'backups', newest!.id);
    const file = (await readdir(directory, { recursive: true })).find((path) => path.endsWith('.dump.zst'))!;
    await appendFile(join(directory, file), 'x');
    const report = await runDrill(family.workspace, { context: {} });
    expect(report).toMatchObject({ proven: false, restoreMs: null, rto: { measuredMs: null, met: false } });
    expect(report.verification.problems).toMatchObject([{ code: 'BACKUP_CORRUPT' }]);
    await expect(slot('drill')).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
  });

  test('an aborted slot ends as interrupted, and leaves no set', async () => {
    const before = await sets();
    const stopped = AbortSignal.abort();
    await expect(runSlot(family.workspace, { kind: 'backup', runId: RUN, signal: stopped })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect((await sets()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });
});
