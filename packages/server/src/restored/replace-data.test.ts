import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, temporaryWorkspace } from '../fixtures/workspace.ts';
import {
  bringBackReplaced,
  dropReplaced,
  findServer,
  listReplaced,
  replaceData,
  startServer,
  stopServer,
  type Fill,
  type RecoveredServer,
} from '../index.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 15);

let source: Awaited<ReturnType<typeof temporaryWorkspace>>;
let fill: Fill;
beforeAll(async () => {
  source = await temporaryWorkspace();
  const server = await startServer({ root: source.root });
  await query(server, 'CREATE TABLE restored AS SELECT 42 AS answer');
  await query(server, 'ALTER ROLE postgres SET default_transaction_read_only = on');
  await query(server, `ALTER SYSTEM SET archive_mode = 'on'`);
  await stopServer({ root: source.root });
  fill = async ({ dataDirectory, owner }) => {
    await cp(server.dataDirectory, dataDirectory, { recursive: true });
    if (owner) await once(spawn('chown', ['-R', `${owner.uid}:${owner.gid}`, dataDirectory]), 'exit');
    return {};
  };
});
afterAll(() => source[Symbol.asyncDispose]());

const options = () => ({ major: '18', superuser: 'postgres', fill, now: () => NOW });

test('new data takes the place of the old, under the same port and password, and the old is kept until it is dropped', async () => {
  await using workspace = await temporaryWorkspace();
  const { root } = workspace;
  const before = await startServer({ root });
  await query(before, 'CREATE TABLE old AS SELECT 1 AS one');
  const { server, kept } = await replaceData(root, options());
  expect(server).toEqual({ ...before, pid: server.pid, started: true });
  expect(server.pid).not.toBe(before.pid);
  await expect(query(server, 'SELECT answer FROM restored')).resolves.toEqual([{ answer: 42 }]);
  await expect(query(server, 'SHOW archive_mode')).resolves.toEqual([{ archive_mode: 'off' }]);
  await expect(query(server, 'SELECT FROM old')).rejects.toMatchObject({ code: '42P01' });
  expect(basename(kept!)).toBe('postgresql-before-20261121T121500Z');
  expect((await stat(join(kept!, 'data/PG_VERSION'))).isFile()).toBe(true);
  await expect(names(before.dataDirectory)).resolves.toEqual(['postgresql', 'postgresql-before-20261121T121500Z']);
  await expect(dropReplaced(root)).resolves.toEqual([kept]);
  await expect(names(before.dataDirectory)).resolves.toEqual(['postgresql']);
  await expect(dropReplaced(root)).resolves.toEqual([]);
});

test('data that was replaced comes back, and what was there meanwhile is kept in its turn', async () => {
  await using workspace = await temporaryWorkspace();
  const { root } = workspace;
  const before = await startServer({ root });
  await query(before, 'CREATE TABLE old AS SELECT 1 AS one');
  await expect(bringBackReplaced(root)).resolves.toBeUndefined();
  const { kept } = await replaceData(root, options());
  await expect(listReplaced(root)).resolves.toEqual([kept]);
  const back = await bringBackReplaced(root, { now: () => NOW + 1000 });
  await expect(query(back!.server, 'SELECT one FROM old')).resolves.toEqual([{ one: 1 }]);
  expect(basename(back!.kept!)).toBe('postgresql-before-20261121T121501Z');
  await expect(listReplaced(root)).resolves.toEqual([back!.kept]);
});

test('a workspace without a server begins with the data', async () => {
  await using workspace = await temporaryWorkspace();
  const { server, kept } = await replaceData(workspace.root, options());
  expect(kept).toBeUndefined();
  await expect(query(server, 'SELECT answer FROM restored')).resolves.toEqual([{ answer: 42 }]);
  await expect(findServer(workspace)).resolves.toMatchObject({ pid: server.pid });
});

test('data that cannot be filled, or recovered, or that is not what was expected, changes nothing: the server goes on, and nothing is left', async () => {
  await using workspace = await temporaryWorkspace();
  const { root } = workspace;
  const before = await startServer({ root });
  await expect(replaceData(root, { ...options(), fill: failToFill })).rejects.toThrow('the set cannot be read');
  await expect(replaceData(root, { ...options(), fill: fillNothing })).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
  });
  await expect(replaceData(root, { ...options(), major: '15' })).rejects.toMatchObject({
    code: 'BACKUP_VERSION',
    message: 'the data is of PostgreSQL 15, and the embedded server is PostgreSQL 18',
  });
  const check = async (server: RecoveredServer): Promise<void> => {
    const [row] = await query({ ...before, ...server }, 'SELECT answer FROM restored');
    throw new Error(`the answer is ${String(row!['answer'])}`);
  };
  await expect(replaceData(root, { ...options(), check })).rejects.toThrow('the answer is 42');
  const interruption = new AbortController();
  const interrupting = { ...options(), signal: interruption.signal, onProgress: () => interruption.abort() };
  await expect(replaceData(root, interrupting)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(findServer({ root })).resolves.toMatchObject({ pid: before.pid });
  await expect(names(before.dataDirectory)).resolves.toEqual(['postgresql']);
});

test('data that the server does not start on is taken away again, and the old is served as before', async () => {
  await using workspace = await temporaryWorkspace();
  const { root } = workspace;
  const before = await startServer({ root });
  await query(before, 'CREATE TABLE old AS SELECT 1 AS one');
  await expect(replaceData(root, { ...options(), fill: fillMisconfigured })).rejects.toThrow('no_such_setting');
  const server = (await findServer({ root }))!;
  await expect(query(server, 'SELECT one FROM old')).resolves.toEqual([{ one: 1 }]);
  await expect(names(before.dataDirectory)).resolves.toEqual(['postgresql']);
});

test('a process that died between the two renames lost nothing: the next start brings the old data back', async () => {
  await using workspace = await temporaryWorkspace();
  const { root } = workspace;
  const before = await startServer({ root });
  await query(before, 'CREATE TABLE old AS SELECT 1 AS one');
  await stopServer({ root });
  const directory = dirname(before.dataDirectory);
  const kept = `${directory}-before-20261121T121500Z`;
  await rename(directory, kept);
  await mkdir(`${directory}-12345678.new`);
  await writeFile(join(root, '.atriz/replacing.json'), JSON.stringify({ directory, kept }));
  const after = await startServer({ root });
  await expect(query(after, 'SELECT one FROM old')).resolves.toEqual([{ one: 1 }]);
  await expect(stat(join(root, '.atriz/replacing.json'))).rejects.toThrow('ENOENT');
});

/** The clusters beside the one of a data directory, and whatever else was left there. */
async function names(dataDirectory: string): Promise<string[]> {
  const all = await readdir(dirname(dirname(dataDirectory)));
  return all.filter((name) => /^postgresql(-|$)|^replacing/.test(name)).toSorted();
}

async function fillNothing(): ReturnType<Fill> {
  return {};
}

/** Recovery has a configuration of its own; the server reads this one. */
async function fillMisconfigured(place: Parameters<Fill>[0]): ReturnType<Fill> {
  const settings = await fill(place);
  await writeFile(join(place.dataDirectory, 'postgresql.conf'), 'no_such_setting = 1\n');
  return settings;
}

async function failToFill(): ReturnType<Fill> {
  throw new Error('the set cannot be read');
}
