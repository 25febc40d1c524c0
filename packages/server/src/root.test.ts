import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { readServerFile } from '@atriz/database/workspace';
import { describe, expect, test } from 'vitest';
import { query, temporaryWorkspace } from './fixtures/workspace.ts';
import { findServer, startServer, stopServer } from './index.ts';
import { RELOCATION_BASE } from './location.ts';
import { servesDirectory } from './postmaster-process.ts';

const isRoot = process.getuid?.() === 0;

describe.runIf(isRoot)('for root', () => {
  test('a checkout that others cannot enter keeps its data where PostgreSQL can go, across a restart', async () => {
    await using workspace = await temporaryWorkspace({ mode: 0o700 });
    const { root } = workspace;
    const first = await startServer({ root });
    expect(first.dataDirectory.startsWith(`${RELOCATION_BASE}/`)).toBe(true);
    expect((await stat(first.dataDirectory)).uid).not.toBe(0);
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await expect(findServer({ root })).resolves.toEqual({ ...first, started: false });
    await expect(readServerFile(root)).resolves.toMatchObject({ dataDirectory: first.dataDirectory });
    await stopServer({ root });
    const second = await startServer({ root });
    expect(second.dataDirectory).toBe(first.dataDirectory);
    await expect(query(second, 'SELECT answer FROM kept')).resolves.toEqual([{ answer: 42 }]);
  });

  test('a checkout that was deleted and made again starts empty, and the server of the deleted one is ended', async () => {
    await using workspace = await temporaryWorkspace({ mode: 0o700 });
    const { root } = workspace;
    const deleted = await startServer({ root });
    await query(deleted, 'CREATE TABLE kept ()');
    await promisify(execFile)('rm', ['-rf', `${root}/.atriz`]);
    const { pid, ...fresh } = await startServer({ root });
    expect(pid).not.toBe(deleted.pid);
    await expect(query({ pid, ...fresh }, `SELECT to_regclass('kept') AS kept`)).resolves.toEqual([{ kept: null }]);
    await expect(servesDirectory(deleted.pid, deleted.dataDirectory)).resolves.toBe(false);
  });

  test('the server has the uid and gid of its account and no group of root', async () => {
    await using workspace = await temporaryWorkspace();
    const { pid } = await startServer({ root: workspace.root });
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const numbers = (name: string) =>
      status
        .match(new RegExp(`^${name}:(.*)$`, 'm'))?.[1]
        ?.trim()
        .split(/\s+/) ?? [];
    expect(numbers('Uid')).not.toContain('0');
    expect(numbers('Gid')).not.toContain('0');
    expect(numbers('Groups')).not.toContain('0');
  });
});

describe.skipIf(isRoot)('for another user', () => {
  test('a checkout that only its owner can enter keeps its data inside', async () => {
    await using workspace = await temporaryWorkspace({ mode: 0o700 });
    const { dataDirectory } = await startServer({ root: workspace.root });
    expect(dataDirectory).toBe(`${workspace.root}/.atriz/postgresql/data`);
  });

  test('a checkout that the caller may not write to is an error that names the directory', async () => {
    await expect(startServer({ root: '/' })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: '/.atriz cannot be made (EACCES)',
    });
  });
});
