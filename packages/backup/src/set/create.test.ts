import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { openKeys } from '../keys/keys.ts';
import { verifySet } from '../proof/verify.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { createSet, type CreatedSet } from './create.ts';
import { isProven, listSets, type ListedSet } from './list.ts';
import { openSet } from './open.ts';
import type { SetReader } from './reader.ts';

const PASSPHRASE = 'a passphrase for tests only';
const RUN = '3b2f4c1e-9d0a-4c57-8f5e-0a1b2c3d4e5f';

describe.skipIf(!HAS_DEBIAN_SERVER)('a set of a family on PostgreSQL 15, by its own tools', () => {
  let server: DebianServer;

  beforeAll(async () => {
    server = await startDebianServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (variables: Readonly<Record<string, string>> = {}): Promise<TestFamily> =>
    openTestFamily({ server: server.parameters, people: 30, variables });

  test('is listed, opened, verified by its checksums and by a restore, and then known as proven', async () => {
    await using family = await open({ BACKUP_ENCRYPTION_KEY: PASSPHRASE });
    const made = await create(family);
    expect(made.manifest).toMatchObject({
      id: made.id,
      family: family.workspace.family.name,
      engine: 'logical',
      purpose: 'manual',
      runId: RUN,
      consistency: 'snapshot',
      compression: 'zstd',
      encryption: { format: 'age', key: 'passphrase' },
      commit: null,
    });
    expect(made.manifest.databases.map(({ name }) => name)).toEqual(Object.values(family.names));
    expect(made.failures).toEqual([]);

    const reader = await read(family.workspace, made.id);
    const checked = await verifySet(family.workspace, reader, { restore: false, context: {} });
    expect(checked).toMatchObject({ method: 'checksums', problems: [], restored: undefined, damages: [] });
    expect(isProven((await list(family.workspace))[0]!)).toBe(false);

    const proven = await verifySet(family.workspace, reader, { restore: true, context: {} });
    expect(proven.problems).toEqual([]);
    expect(proven.restored!.databases.map(({ name, differences }) => [name, differences])).toEqual(
      Object.values(family.names).map((name) => [name, []]),
    );
    expect(proven.restored!.references.map(({ keys, orphanRows }) => [keys, orphanRows])).toEqual([
      [30, 0],
      [30, 0],
    ]);
    const [listed] = await list(family.workspace);
    expect(listed).toMatchObject({ id: made.id, complete: true, problem: undefined });
    expect(isProven(listed!)).toBe(true);
    expect(listed!.proofs.map(({ method }) => method)).toEqual(['restore', 'checksums']);
  });

  test('is proven although rows lead nowhere in it, which is told', async () => {
    await using family = await open();
    await family.query(family.names.people, `DELETE FROM people WHERE name = 'Person 1'`);
    const { id } = await create(family);
    const report = await verifySet(family.workspace, await read(family.workspace, id), { restore: true, context: {} });
    expect(report.problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      `REFERENCE_ORPHANED 1 rows of ${family.names.shops}.shops.owner_id lead nowhere in ${id}, as they did then`,
      `REFERENCE_ORPHANED 1 rows of ${family.names.trips}.trips.person_id lead nowhere in ${id}, as they did then`,
    ]);
    expect(report.proof).toMatchObject({ set: id, method: 'restore' });
  });

  test('is found out when a file of it is damaged, and not restored', async () => {
    await using family = await open();
    const { id, manifest } = await create(family);
    const file = manifest.files.find(({ kind }) => kind === 'data')!;
    const path = join(family.root, '.atriz/backups', id, file.path);
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    const report = await verifySet(family.workspace, await read(family.workspace, id), { restore: true, context: {} });
    expect(report.problems.map(({ code }) => code)).toEqual(['BACKUP_CORRUPT']);
    expect(report).toMatchObject({ restored: undefined, proof: undefined, damages: [{ path: file.path }] });
  });

  test('two at once are two sets', async () => {
    await using family = await open();
    const made = await Promise.all([create(family), create(family)]);
    const listed = await list(family.workspace);
    expect(listed.map(({ id }) => id).toSorted()).toEqual(made.map(({ id }) => id).toSorted());
    expect(listed.every(({ complete, problem }) => complete && problem === undefined)).toBe(true);
  });

  test('a dump that dies half-way leaves nothing of the set, and the sets before it as they were', async () => {
    await using family = await open();
    const before = await create(family);
    const programs = join(family.root, 'programs');
    await mkdir(programs);
    const script = `#!/bin/sh\ncase "$1" in --version) echo "pg_dump (PostgreSQL) 15.0";; *) head -c 100000 /dev/zero; echo died >&2; exit 1;; esac\n`;
    for (const name of ['pg_dump', 'pg_restore']) {
      await writeFile(join(programs, name), script);
      await chmod(join(programs, name), 0o755);
    }
    await using broken = await open({ PG_BIN_DIR: programs, BACKUP_LOCAL: join(family.root, '.atriz/backups') });
    await expect(create(broken)).rejects.toMatchObject({ code: 'CLIENT_TOOL_FAILED' });
    expect(await foldersWithFiles(family.root)).toEqual([before.id]);
  });

  test('one that is interrupted leaves nothing', async () => {
    const stopping = new AbortController();
    await using family = await open();
    const workspace = { ...family.workspace, contextFor: () => ({ signal: stopping.signal }) };
    const created = createSet(workspace, {
      databases: Object.values(family.names),
      purpose: 'manual',
      runId: RUN,
      onPlan: () => void setTimeout(() => stopping.abort(), 150),
    });
    await expect(created).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await foldersWithFiles(family.root)).toEqual([]);
  });

  test('a store that fails is left out and told; nothing of the set stays in it', async () => {
    const variables = { BACKUP_LOCAL: 'true', BACKUP_S3_BUCKET: 'away', BACKUP_S3_ENDPOINT: 'http://127.0.0.1:9' };
    const credentials = { BACKUP_S3_ACCESS_KEY_ID: 'id', BACKUP_S3_SECRET_ACCESS_KEY: 'secret-of-s3' };
    await using family = await open({ ...variables, ...credentials });
    const made = await create(family);
    expect(made.stores.map(({ name }) => name)).toEqual(['folder']);
    expect(made.failures.map(({ store, error }) => [store.name, (error as { code: string }).code])).toEqual([
      ['s3', 'BACKUP_STORE_FAILED'],
    ]);
  });

  test('a database that is missing, or another one, is refused before anything is made', async () => {
    await using family = await open();
    const { shops } = family.names;
    await family.query(shops, `UPDATE atriz.identity SET definition = 'other_db'`);
    await expect(create(family)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
    await family.query('postgres', `DROP DATABASE ${shops}`);
    await expect(create(family)).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
    await rm(join(family.root, '.atriz'), { recursive: true, force: true });
    await expect(readdir(join(family.root, '.atriz'))).rejects.toThrow('ENOENT');
  });
});

function create({ workspace, names }: TestFamily): Promise<CreatedSet> {
  return createSet(workspace, { databases: Object.values(names), purpose: 'manual', runId: RUN });
}

/** The folders of the store that have any file in them. */
async function foldersWithFiles(root: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, '.atriz/backups'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return [...new Set(files.map((path) => relative(join(root, '.atriz/backups'), path).split('/')[0]!))];
}

async function list(workspace: BackupWorkspace): Promise<readonly ListedSet[]> {
  const settings = readBackupSettings(workspace);
  return listSets(openStores(settings), await openKeys(settings, workspace));
}

async function read(workspace: BackupWorkspace, id: string): Promise<SetReader> {
  const settings = readBackupSettings(workspace);
  return openSet(openStores(settings)[0]!, id, await openKeys(settings, workspace));
}
