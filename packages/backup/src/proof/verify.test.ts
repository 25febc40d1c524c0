import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { openKeys } from '../keys/keys.ts';
import type { ManifestDatabase } from '../manifest/manifest.ts';
import { createSet } from '../set/create.ts';
import { isProven, listSets } from '../set/list.ts';
import { openSet } from '../set/open.ts';
import type { SetReader } from '../set/reader.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import { verifySet } from './verify.ts';

const RUN = '3b2f4c1e-9d0a-4c57-8f5e-0a1b2c3d4e5f';

/** What a manifest would say if `people` had had a row more, and `shops` other values. */
function withOtherRows(database: ManifestDatabase): ManifestDatabase {
  const tables = database.tables.map((table) => {
    if (table.name === 'people') return { ...table, rows: table.rows + 1 };
    return table.name === 'shops' ? { ...table, hash: `${table.hash}1` } : table;
  });
  return { ...database, tables };
}

describe.skipIf(!HAS_DEBIAN_SERVER)('a set of production that is verified by a restore', () => {
  let server: DebianServer;
  let family: TestFamily;
  let reader: SetReader;
  beforeAll(async () => {
    server = await startDebianServer();
    family = await openTestFamily({ server: server.parameters, people: 12, environment: 'production' });
    const { workspace, names } = family;
    const { id } = await createSet(workspace, { databases: Object.values(names), purpose: 'manual', runId: RUN });
    const settings = readBackupSettings(workspace);
    reader = await openSet(openStores(settings)[0]!, id, await openKeys(settings, workspace));
  });
  afterAll(async () => {
    await family[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  async function isListedAsProven(): Promise<boolean> {
    const settings = readBackupSettings(family.workspace);
    const [set] = await listSets(openStores(settings), await openKeys(settings, family.workspace));
    return isProven(set!);
  }

  test('is not proven when what was restored is not what the manifest says', async () => {
    const { people, shops, trips } = family.names;
    const { manifest } = reader;
    const report = await verifySet(
      family.workspace,
      { ...reader, manifest: { ...manifest, databases: manifest.databases.map(withOtherRows) } },
      { restore: true, context: {} },
    );
    expect(report.problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      `BACKUP_CORRUPT ${people} as restored from ${manifest.id}: public.people has 12 rows, the set has 13`,
      `BACKUP_CORRUPT ${shops} as restored from ${manifest.id}: public.shops has 12 rows, and not the values of the set`,
    ]);
    expect(report.proof).toBeUndefined();
    expect(report.restored!.databases.find(({ name }) => name === trips)!.differences).toEqual([]);
    expect(await isListedAsProven()).toBe(false);
  });

  test('is proven for the databases that the workspace declares, which are not all', async () => {
    const { people, shops, trips } = family.names;
    const { workspace } = family;
    const databases = workspace.family.databases.filter(({ name }) => name !== trips);
    const smaller = { ...workspace, family: { ...workspace.family, databases } };
    const report = await verifySet(smaller, reader, { restore: true, context: {} });
    expect(report).toMatchObject({
      problems: [],
      restored: { unknown: [trips] },
      proof: { databases: [people, shops] },
    });
    expect(report.restored!.references).toEqual([{ reference: `${shops}.shops.owner_id`, keys: 12, orphanRows: 0 }]);
    expect(await isListedAsProven()).toBe(false);
  });

  test('is proven with all, and none of the databases was touched', async () => {
    const { names, workspace } = family;
    const written = (): Promise<object[]> =>
      Promise.all(
        Object.values(names).map((name) =>
          family.query(name, 'SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::text AS written FROM pg_stat_user_tables'),
        ),
      );
    const before = await written();
    const report = await verifySet(workspace, reader, { restore: true, context: {} });
    expect(report).toMatchObject({ problems: [], proof: { databases: Object.values(names) }, proofFailures: [] });
    expect(report.restored!.restoreMs).toBeLessThanOrEqual(report.durationMs);
    expect(await written()).toEqual(before);
    expect(await isListedAsProven()).toBe(true);
  });

  test('is told apart from something that is not the archive that it is said to be', async () => {
    const file = reader.manifest.files.find(({ kind }) => kind === 'roles')!;
    const files = reader.manifest.files.map((each) => (each === file ? { ...each, kind: 'data' as const } : each));
    const report = await verifySet(
      family.workspace,
      { ...reader, manifest: { ...reader.manifest, files } },
      { restore: true, context: {} },
    );
    expect(report.damages.map(({ path, error }) => [path, error.code, error.message])).toEqual([
      [file.path, 'BACKUP_CORRUPT', `${file.path} of ${reader.manifest.id} is not the archive that it is said to be`],
    ]);
    expect(report).toMatchObject({ restored: undefined, proof: undefined });
  });
});
