import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { defineDatabase } from '@atriz/database';
import { defaultSafety, type ConnectionParameters } from '@atriz/database/workspace';
import { withSession, type Target } from '@atriz/lifecycle';
import { startServer, stopServer, type EmbeddedServer } from '@atriz/server';
import { Header } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../../test/debian-server.ts';
import { createMemorySet } from '../../../test/memory-set.ts';
import type { SetReader } from '../../set/reader.ts';
import { createPhysicalEngine } from './engine.ts';
import { endRecovery, restoreDirectory } from './restore-directory.ts';
import { restoreServer } from './restore-server.ts';

const run = promisify(execFile);

describe.skipIf(!HAS_DEBIAN_SERVER)('a server of a set', () => {
  let server: DebianServer;
  let reader: SetReader;
  let directory: string;
  beforeAll(async () => {
    server = await startDebianServer({ initdb: ['--wal-segsize=1'] });
    await query(server.parameters, 'CREATE TABLE notes AS SELECT generate_series(1, 1000) AS id');
    reader = await backUp(targetOf(server.parameters));
    directory = await mkdtemp(join(tmpdir(), 'atriz-restore-test-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
    await server?.[Symbol.asyncDispose]();
  });

  test('is restored in the place of a lost data directory, without what was written after the backup', async () => {
    await query(server.parameters, 'INSERT INTO notes VALUES (1001)');
    await server.kill();
    await rm(server.dataDirectory, { recursive: true });
    const { dataDirectory, account } = server;
    await restoreDirectory(reader, { server: 0, directory: dataDirectory, owner: account, context: {} });
    expect((await stat(dataDirectory)).mode & 0o777).toBe(0o700);
    await server.restart();
    expect(await query(server.parameters, 'SELECT count(*)::int, max(id) FROM notes')).toEqual([
      { count: 1000, max: 1000 },
    ]);
    const settings = join(dataDirectory, 'postgresql.auto.conf');
    expect(await readFile(settings, 'utf8')).toContain(
      `recovery_target_lsn = '${reader.manifest.servers[0]!.recovery!.targetLsn}'`,
    );
    await endRecovery(dataDirectory);
    expect(await readFile(settings, 'utf8')).not.toContain('recovery');
    await server.restart();
    // What was restored is on the second timeline, whose history a backup of it has to hold.
    const again = await backUp(targetOf(server.parameters));
    expect(again.manifest.servers[0]!.recovery!.timeline).toBe(2);
    await using restored = await createPhysicalEngine().restoreScratch(again, [targetOf(server.parameters)], {
      context: {},
      jobs: 1,
    });
    const [target] = restored.targets.values();
    expect(await query(target!.parameters, 'SELECT count(*)::int FROM notes')).toEqual([{ count: 1000 }]);
  });

  test('goes into no directory that holds something, and the directory stays as it is', async () => {
    await mkdir(join(directory, 'used/file'), { recursive: true });
    const options = { server: 0, directory: join(directory, 'used'), context: {} };
    await expect(restoreDirectory(reader, options)).rejects.toMatchObject({ code: 'RESTORE_BLOCKED' });
    expect(await readdir(join(directory, 'used'))).toEqual(['file']);
  });

  test('that is cut off anywhere is refused, and the directory is gone', async () => {
    const place = join(directory, 'cut');
    const base = reader.manifest.files.find(({ kind }) => kind === 'base')!;
    for (const bytes of [0, 100, 512, 513, 10_000, base.plainBytes / 2, base.plainBytes - 1024, base.plainBytes - 1]) {
      const cut = replaced(reader, async function* () {
        let left = Math.floor(bytes);
        for await (const chunk of (await reader.read(base)) as AsyncIterable<Buffer>) {
          yield chunk.subarray(0, left);
          left -= Math.min(left, chunk.length);
        }
      });
      const restoring = restoreDirectory(cut, { server: 0, directory: place, context: {} });
      await expect(restoring).rejects.toMatchObject({
        code: 'BACKUP_CORRUPT',
        message: 'server-0/base.tar cannot be unpacked: it ends in the middle',
      });
      await expect(stat(place)).rejects.toThrow('ENOENT');
    }
  });

  test('whose tar would write elsewhere, or make a link or a device, is refused', async () => {
    const place = join(directory, 'foreign');
    const entries = [
      { path: '../outside', type: 'File' },
      { path: '/tmp/outside', type: 'File' },
      { path: 'base/../../outside', type: 'File' },
      { path: 'pg_tblspc/1', type: 'SymbolicLink', linkpath: '/' },
      { path: 'hard', type: 'Link', linkpath: '/etc/passwd' },
      { path: 'null', type: 'CharacterDevice' },
    ] as const;
    for (const entry of entries) {
      const foreign = replaced(reader, function* () {
        const block = Buffer.alloc(512);
        new Header({ mode: 0o600, size: 0, mtime: new Date(0), ...entry }).encode(block);
        yield Buffer.concat([block, Buffer.alloc(1024)]);
      });
      const restoring = restoreDirectory(foreign, { server: 0, directory: place, context: {} });
      await expect(restoring).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
      await expect(stat(place)).rejects.toThrow('ENOENT');
    }
    expect((await readdir(directory)).toSorted()).toEqual(['used']);
  });

  describe.runIf(process.getuid?.() === 0)('on a disk of 20 MB', () => {
    let place: string;
    beforeAll(async () => {
      place = join(directory, 'disk');
      await mkdir(place);
      await run('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', place]);
    });
    afterAll(() => run('umount', [place]));

    test('is refused before anything is written when it does not fit', async () => {
      const options = { server: 0, directory: join(place, 'data'), context: {} };
      await expect(restoreDirectory(reader, options)).rejects.toMatchObject({ code: 'RESTORE_NO_ROOM' });
      expect(await readdir(place)).toEqual([]);
    });

    test('is taken away again when the disk fills up meanwhile', async () => {
      const files = reader.manifest.files.map((file) => ({ ...file, plainBytes: -(32 << 20) }));
      const hopeful = { ...reader, manifest: { ...reader.manifest, files } };
      const options = { server: 0, directory: join(place, 'data'), context: {} };
      await expect(restoreDirectory(hopeful, options)).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await readdir(place)).toEqual([]);
    });
  });
});

test('a workspace that lost its embedded server gets it back from nothing but the set', async () => {
  const root = await mkdtemp(join(tmpdir(), 'atriz-restore-test-'));
  try {
    const parameters = parametersOf(await startServer({ root }));
    await query(parameters, 'CREATE DATABASE shop_db');
    await query({ ...parameters, database: 'shop_db' }, 'CREATE TABLE sales AS SELECT 42 AS cents');
    await query(parameters, `CREATE ROLE seller LOGIN PASSWORD 'kept'`);
    const reader = await backUp(targetOf({ ...parameters, database: 'shop_db' }));
    await stopServer({ root });
    await rm(join(root, '.atriz'), { recursive: true });
    const workspace = {
      family: { name: 'test', root, databases: [] },
      environment: {} as never,
      open: async () => expect.fail('nothing but the set is needed'),
      contextFor: () => ({}),
    };
    const { server, kept } = await restoreServer(workspace, reader, { context: {} });
    expect(kept).toBeUndefined();
    const sales = { ...parametersOf(server), database: 'shop_db' };
    expect(await query(sales, 'SELECT cents FROM sales')).toEqual([{ cents: 42 }]);
    const seller = { ...sales, user: 'seller', password: 'kept' };
    expect(await query(seller, 'SELECT current_user::text AS name')).toEqual([{ name: 'seller' }]);
    // And once more, in the place of a server that runs.
    await query(sales, 'DELETE FROM sales');
    const again = await restoreServer(workspace, reader, { context: {} });
    expect((await stat(again.kept!)).isDirectory()).toBe(true);
    expect(await query(sales, 'SELECT cents FROM sales')).toEqual([{ cents: 42 }]);
  } finally {
    await stopServer({ root });
    await rm(root, { recursive: true, force: true });
  }
});

function parametersOf({ host, port, user, password }: EmbeddedServer): ConnectionParameters {
  return { host, port, user, password, database: 'postgres', ssl: undefined };
}

async function backUp(target: Target): Promise<SetReader> {
  const set = createMemorySet();
  const options = { context: {}, jobs: 1, perDatabase: false };
  return set.reader(await createPhysicalEngine().backUp([target], set.sink, options), 'physical');
}

function targetOf(parameters: ConnectionParameters): Target {
  const { database } = parameters;
  return {
    database: { ...defineDatabase({ name: database }), owner: '@test/one', directory: '/', dependsOn: [] },
    family: 'test',
    provider: 'postgresql',
    environment: 'development',
    safety: defaultSafety('development'),
    parameters,
    settings: [],
  };
}

/** The same set with another base backup. */
function replaced(reader: SetReader, base: () => AsyncGenerator<Buffer> | Generator<Buffer>): SetReader {
  return {
    ...reader,
    read: async (file, options) =>
      file.kind === 'base' ? Readable.from(base(), { objectMode: false }) : reader.read(file, options),
  };
}

async function query(parameters: ConnectionParameters, text: string): Promise<unknown[]> {
  return withSession(parameters, {}, async (client) => (await client.query<object>(text)).rows);
}
