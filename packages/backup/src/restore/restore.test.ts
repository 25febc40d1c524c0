import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { applyRoles, checkRoles } from '@atriz/lifecycle/roles';
import { readRuns, type Target } from '@atriz/lifecycle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readWhole } from '../../../../test/harness/contents.ts';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { makeSet, TEST_RUN } from '../../test/set.ts';
import { findSet } from '../set/find.ts';
import type { SetReader } from '../set/reader.ts';
import { dropOldDatabases, readOldDatabases } from './old.ts';
import { checkRestore } from './preflight.ts';
import type { RestoreOptions, RestoreReport } from './request.ts';
import { restoreSet } from './restore.ts';

const PASSPHRASE = 'a passphrase for tests only';
const COUNT = 'SELECT count(*)::int AS count FROM people';

function restore(
  { workspace }: TestFamily,
  reader: SetReader,
  options: Partial<RestoreOptions> = {},
): Promise<RestoreReport> {
  return restoreSet(workspace, reader, { inPlace: false, runId: TEST_RUN, context: {}, ...options });
}

describe.skipIf(!HAS_DEBIAN_SERVER)('a set of a family on PostgreSQL 15', () => {
  let server: DebianServer;
  beforeAll(async () => {
    server = await startDebianServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (variables: Readonly<Record<string, string>> = {}): Promise<TestFamily> =>
    openTestFamily({ server: server.parameters, people: 20, variables });

  test('comes back beside what exists, as it was when it was made, encrypted or not', async () => {
    await using family = await open({ BACKUP_ENCRYPTION_KEY: PASSPHRASE });
    const { people, shops, trips } = family.names;
    const reader = await makeSet(family);
    await family.query(people, 'DELETE FROM people');
    const report = await restore(family, reader);
    expect(report.databases.map(({ databaseName, kept, pending }) => [databaseName, kept, pending])).toEqual([
      [`${people}_restored`, null, []],
      [`${shops}_restored`, null, []],
      [`${trips}_restored`, null, []],
    ]);
    expect(await family.query(`${people}_restored`, COUNT)).toEqual([{ count: 20 }]);
    expect(await family.query(people, COUNT)).toEqual([{ count: 0 }]);
    await expect(restore(family, reader)).rejects.toMatchObject({ code: 'RESTORE_BLOCKED' });
  });

  test('comes back in place: rows, roles and grants; the ledger keeps the run, and what was there is kept', async () => {
    await using family = await open();
    const { people } = family.names;
    const target = family.target(people);
    await applyRoles(target);
    const reader = await makeSet(family);
    await family.query(people, 'DELETE FROM people');
    await family.query('postgres', `ALTER DATABASE "${people}" SET work_mem TO '9MB'`);
    const report = await restore(family, reader, { databases: [people], inPlace: true });
    const { kept } = report.databases[0]!;
    expect(await family.query(people, COUNT)).toEqual([{ count: 20 }]);
    expect(await family.query(kept!, COUNT)).toEqual([{ count: 0 }]);
    expect(await family.query(people, `SHOW work_mem`)).toEqual([{ work_mem: '9MB' }]);
    expect(await checkRoles(target)).toEqual({ findings: [] });
    expect((await readRuns(target, { limit: 1 }))[0]).toMatchObject({
      runId: TEST_RUN,
      command: 'backup restore',
      changes: [reader.manifest.id],
    });
    expect(report.warnings).toEqual([]);
  });

  test('comes back by a login that is no superuser, and owns its databases', async () => {
    await using own = await open();
    await own.query('postgres', `CREATE ROLE keeper LOGIN CREATEDB PASSWORD 'keeps'`);
    await using family = await openTestFamily({
      server: { ...server.parameters, user: 'keeper', password: 'keeps' },
      people: 20,
    });
    const { people } = family.names;
    const reader = await makeSet(family);
    await family.query(people, 'DELETE FROM people');
    const report = await restore(family, reader, { inPlace: true, dropOld: true });
    const { host, port } = server.parameters;
    expect(report.warnings).toEqual([`nobody here can know how much room ${host}:${port} has`]);
    expect(await family.query(people, COUNT)).toEqual([{ count: 20 }]);
    expect(
      await family.query('postgres', 'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1', [
        people,
      ]),
    ).toEqual([{ owner: 'keeper' }]);
  });

  test('comes back on an empty server, roles and all, when its own is lost', async () => {
    await using lost = await open();
    const { people } = lost.names;
    await applyRoles(lost.target(people));
    const reader = await makeSet(lost);
    await using empty = await startDebianServer();
    const elsewhere = (name: string): Target => {
      const target = lost.target(name);
      return { ...target, parameters: { ...empty.parameters, database: name } };
    };
    const family = { ...lost, workspace: { ...lost.workspace, open: async (name: string) => elsewhere(name) } };
    const report = await restore(family, reader, { inPlace: true });
    expect(report.databases.map(({ name, kept }) => [name, kept])).toEqual(
      Object.values(lost.names).map((name) => [name, null]),
    );
    expect(await checkRoles(elsewhere(people))).toEqual({ findings: [] });
  });

  test('goes into the embedded PostgreSQL 18', async () => {
    await using old = await open();
    const reader = await makeSet(old);
    await using family = await openTestFamily({ people: 1 });
    const open18 = async (name: string): Promise<Target> => {
      const { host, port, user, password, ssl } = family.target(family.names.people).parameters;
      const parameters = {
        host,
        port,
        user,
        password,
        ssl,
        database: `${family.names.people}_${name.split('_').at(-1)}_18`,
      };
      return { ...old.target(name), parameters };
    };
    const report = await restoreSet({ ...old.workspace, open: open18 }, reader, {
      inPlace: true,
      runId: TEST_RUN,
      context: {},
    });
    expect(report.databases).toHaveLength(3);
    expect(await family.query(`${family.names.people}_people_18`, COUNT)).toEqual([{ count: 20 }]);
  });

  test('one that is not whole or not ours is refused, and nothing is touched', async () => {
    await using family = await open();
    const reader = await makeSet(family);
    const { id, files } = reader.manifest;
    const folder = join(family.root, '.atriz/backups', id);
    const before = await readAll(family);
    const data = join(folder, files.find(({ kind }) => kind === 'data')!.path);
    const schema = join(folder, files.find(({ kind }) => kind === 'schema')!.path);
    const faults: readonly (readonly [string, string, () => Promise<unknown>])[] = [
      ['a byte of the rows is another', 'BACKUP_CORRUPT', () => flip(data)],
      ['the structure is cut short', 'BACKUP_CORRUPT', () => truncate(schema, 100)],
      ['something was added', 'BACKUP_CORRUPT', () => appendFile(data, 'x')],
      ['a file is gone', 'BACKUP_FILE_MISSING', () => rm(schema)],
      ['the manifest was edited', 'BACKUP_UNTRUSTED', () => edit(join(folder, 'manifest.json'))],
    ];
    const refused: string[] = [];
    for (const [what, code, damage] of faults) {
      const whole = await Promise.all(
        [data, schema, join(folder, 'manifest.json')].map(async (path) => [path, await readFile(path)] as const),
      );
      await damage();
      const attempt = findSet(family.workspace, { id, context: {} }).then((again) =>
        restore(family, again, { inPlace: true }),
      );
      expect({ what, code: await attempt.then(() => 'restored', codeOf) }).toEqual({ what, code });
      for (const [path, bytes] of whole) await writeFile(path, bytes);
      refused.push(what);
    }
    await using other = await open({ BACKUP_LOCAL: join(family.root, '.atriz/backups') });
    await expect(findSet(other.workspace, { id, context: {} })).rejects.toMatchObject({ code: 'BACKUP_FOREIGN' });
    const foreign = { ...other.workspace, open: family.workspace.open };
    await expect(restoreSet(foreign, reader, { inPlace: true, runId: TEST_RUN, context: {} })).rejects.toMatchObject({
      code: 'BACKUP_FOREIGN',
    });
    expect(await readAll(family)).toEqual(before);
    console.info(`${refused.length + 2} of ${faults.length + 2} broken or foreign sets refused, targets untouched`);
  });

  test('is refused where it would have no room, before anything is touched', async () => {
    await using family = await open();
    const reader = await makeSet(family);
    const before = await readAll(family);
    const options = { request: { inPlace: true }, context: {}, readFree: async () => 1_000_000 };
    await expect(checkRestore(family.workspace, reader, options)).rejects.toMatchObject({ code: 'RESTORE_NO_ROOM' });
    expect(await readAll(family)).toEqual(before);
  });

  test('is not put in the place of a protected database, nor of one that does not say what it is', async () => {
    await using family = await open();
    const { people } = family.names;
    const reader = await makeSet(family);
    await family.query(people, 'UPDATE atriz.identity SET protected = true');
    const attempt = restore(family, reader, { inPlace: true });
    await expect(attempt).rejects.toMatchObject({ code: 'DESTRUCTIVE_REFUSED' });
    await family.query(people, 'DROP SCHEMA atriz CASCADE');
    const again = restore(family, reader, { inPlace: true });
    await expect(again).rejects.toMatchObject({ code: 'DESTRUCTIVE_REFUSED' });
    const context = { allowDestructive: people };
    await restore(family, reader, { databases: [people], inPlace: true, dropOld: true, context });
    expect(await family.query(people, 'SELECT definition FROM atriz.identity')).toEqual([{ definition: people }]);
  });

  test('takes the place of a database that is so broken that nobody can connect to it, when it is named', async () => {
    await using family = await open();
    const { people } = family.names;
    const reader = await makeSet(family);
    const [place] = await family.query<{ oid: number }>('postgres', 'SELECT oid FROM pg_database WHERE datname = $1', [
      people,
    ]);
    await rm(join(server.dataDirectory, 'base', String(place!.oid), 'pg_filenode.map'));
    const options = { databases: [people], inPlace: true };
    await expect(restore(family, reader, options)).rejects.toMatchObject({
      code: 'DESTRUCTIVE_REFUSED',
      message: expect.stringContaining('it does not say what it is'),
      hint: `if it is broken, name it: ATRIZ_ALLOW_DESTRUCTIVE=${people}`,
    });
    const context = { allowDestructive: people };
    await restore(family, reader, { ...options, context });
    expect(await family.query(people, COUNT)).toEqual([{ count: 20 }]);
    await dropOldDatabases(await readOldDatabases(family.workspace, [people]), context);
    expect(await readOldDatabases(family.workspace, [people])).toEqual([]);
  });

  test('when the server dies meanwhile, what was there is there after it, and the next restore tidies up', async () => {
    await using family = await open();
    const reader = await makeSet(family);
    await family.query('postgres', 'CHECKPOINT'); // else sequences skip some values after a crash
    const before = await readAll(family);
    const context = {
      onProgress: (message: string): void => {
        if (message.startsWith('restoring the rows')) void server.kill();
      },
    };
    const error: unknown = await restore(family, reader, { inPlace: true, context }).catch(
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(AtrizError);
    await server.restart();
    expect(await readAll(family)).toEqual(before);
    await restore(family, reader, { inPlace: true, dropOld: true });
    expect(await family.query('postgres', `SELECT datname FROM pg_database WHERE datname ~ '^atriz_restore_'`)).toEqual(
      [],
    );
  });
});

function codeOf(error: unknown): string {
  return error instanceof AtrizError ? error.code : String(error);
}

async function readAll(family: TestFamily): Promise<Record<string, string>[]> {
  const server = { query: (name: string, text: string) => family.query(name, text) } as never;
  return Promise.all(Object.values(family.names).map((name) => readWhole(server, name)));
}

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}

async function edit(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"manual"', '"schedule"'));
}
