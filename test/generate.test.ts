import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAtriz, REPOSITORY } from './harness/command.ts';
import { copyFamily, OWNERS, type FamilyCopy } from './harness/family-copy.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration } from './harness/workspace.ts';

let server: Server;
let family: FamilyCopy;
beforeAll(async () => {
  [server, family] = await Promise.all([openTestServer(), copyFamily()]);
});
afterAll(() => family[Symbol.asyncDispose]());

test('the types in the repository are those of its migrations, made anew', async () => {
  const { code, stderr } = await runAtriz(['generate', '--json'], { cwd: family.root, env: server.variables });
  if (code !== 0) throw new Error(stderr);

  for (const path of OWNERS) {
    const made = await readFile(join(family.root, path, 'src/schema.ts'), 'utf8');
    await expect(readFile(join(REPOSITORY, path, 'src/schema.ts'), 'utf8')).resolves.toBe(made);
  }
});

test('the check needs no server, and says which file is stale and what to do', async () => {
  await using workspace = await createWorkspace(
    { trees: { migrations: { '1700000000000_trees.sql': migration('CREATE TABLE trees (name text);') } } },
    server,
  );
  const generated = await workspace.atriz(['generate']);
  expect(generated).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^trees +types of 1 table written +… ms\n/),
  });

  const nowhere = { env: { PGHOST: '127.0.0.1', PGPORT: '1' } };
  await expect(workspace.atriz(['generate', '--check'], nowhere)).resolves.toEqual({
    code: 0,
    stdout: 'packages/trees/src/schema.ts fits its migrations\n',
    stderr: '',
  });
  await workspace.write('packages/trees/migrations/1700000000001_more.sql', migration('DROP TABLE trees;'));
  await expect(workspace.atriz(['generate', '--check'], nowhere)).resolves.toEqual({
    code: 3,
    stdout: '',
    stderr:
      'trees: TYPES_STALE packages/trees/src/schema.ts was made from other migrations than there are now\n' +
      'hint write it anew, and commit it: pnpm db:generate\n',
  });
  const { code, stdout } = await workspace.atriz(['generate', '--check', '--json'], nowhere);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    databases: [{ name: 'trees', file: 'packages/trees/src/schema.ts', error: { code: 'TYPES_STALE' } }],
  });
});

test('the language of the process changes nothing', async () => {
  // In Danish aa comes after z, in Czech ch after h.
  const tables = ['aa', 'ch', 'd', 'z'].map((name) => `CREATE TABLE ${name} (id int);`).join('\n');
  await using workspace = await createWorkspace(
    { words: { migrations: { '1700000000000_words.sql': migration(tables) } } },
    server,
  );
  for (const language of ['en_US.UTF-8', 'da_DK.UTF-8', 'cs_CZ.UTF-8']) {
    const { code } = await workspace.atriz(['generate'], { env: { LC_ALL: language } });
    expect(code).toBe(0);
    const text = await readFile(join(workspace.directory('words'), 'src/schema.ts'), 'utf8');
    expect(text.slice(text.indexOf('export interface DB'))).toBe(
      'export interface DB {\n  aa: Aa;\n  ch: Ch;\n  d: D;\n  z: Z;\n}\n',
    );
  }
});
