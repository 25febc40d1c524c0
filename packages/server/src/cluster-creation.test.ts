import { appendFile, chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clusterIn } from './cluster.ts';
import { createCluster } from './cluster-creation.ts';
import { temporaryWorkspace } from './fixtures/workspace.ts';
import { findServiceUser } from './service-user.ts';

let workspace: Awaited<ReturnType<typeof temporaryWorkspace>>;
beforeEach(async () => {
  workspace = await temporaryWorkspace();
});
afterEach(() => workspace[Symbol.asyncDispose]());

test('an initdb that fails is reported with its last words and its log, and leaves nothing half-made', async () => {
  const initdb = await program('#!/bin/sh\necho working; echo "initdb: error: no luck" >&2; exit 1\n');
  await expect(create(initdb)).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
    message: expect.stringContaining('its last words:\nworking\ninitdb: error: no luck'),
    hint: `read the rest in ${join(workspace.root, 'log')}`,
  });
  await expect(readFile(join(workspace.root, 'log'), 'utf8')).resolves.toBe('working\ninitdb: error: no luck\n');
  expect((await readdir(workspace.root)).toSorted()).toEqual(['initdb', 'log']);
});

test('programs whose loader this system does not have are not supported here', async () => {
  const initdb = await program('#!/no/such/loader\n');
  await expect(create(initdb)).rejects.toMatchObject({
    code: 'EMBEDDED_UNSUPPORTED',
    hint: 'name a PostgreSQL server in .env with PGHOST, PGPORT, PGUSER and PGPASSWORD',
  });
});

test('a program that may not be run says which', async () => {
  const initdb = await program('#!/bin/sh\n');
  await chmod(initdb, 0o644);
  await expect(create(initdb)).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
    message: expect.stringContaining(`${initdb} could not be started`),
  });
});

async function program(text: string): Promise<string> {
  const path = join(workspace.root, 'initdb');
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

async function create(initdb: string): Promise<void> {
  const log = join(workspace.root, 'log');
  await appendFile(log, '');
  const binaries = { version: '18.0', majorVersion: '18', directory: workspace.root, postgres: initdb, initdb };
  const user = await findServiceUser();
  await createCluster(clusterIn(join(workspace.root, 'cluster')), { binaries, user, settings: {}, sync: false, log });
}
