import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { REPOSITORY, runAtriz } from './harness/command.ts';
import { openTestServer } from './harness/server.ts';
import { createWorkspace, migration } from './harness/workspace.ts';

interface Document {
  readonly findings: readonly { readonly check: string; readonly level: string; readonly message: string }[];
}

const NOWHERE = { PGHOST: '127.0.0.1', PGPORT: '1' };

/** Everything that a package of a fixture lacks by intent, so that what a test is about is all that is left. */
const MANIFEST = {
  private: true,
  type: 'module',
  scripts: Object.fromEntries(
    ['create', 'migrate', 'seed', 'clean', 'reset'].map((deed) => [`db:${deed}`, `atriz ${deed}`]),
  ),
  dependencies: { '@atriz/cli': '*', '@atriz/database': '*' },
};

test('of this repository it has nothing bad to say', async () => {
  const server = await openTestServer();
  const { code, stdout, stderr } = await runAtriz(['doctor', '--json'], { cwd: REPOSITORY, env: server.variables });

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { findings } = JSON.parse(stdout) as Document;
  // whether the four databases are on the tests' server, and who is editing what, is not the repository's matter
  const own = findings.filter(({ check }) => check !== 'server' && check !== 'builds');
  expect(own.filter(({ level }) => level !== 'ok')).toEqual([]);
  expect(own.map(({ check }) => check)).toContain('turbo variables');
  expect(findings.filter(({ check }) => check === 'server')).toHaveLength(4);
});

test('it finds what a workspace lacks, says the mend, and ends with 3', async () => {
  await using workspace = await createWorkspace({
    trees: { seeds: { '001_a.ts': '// as in birds_db' } },
    birds: { database: 'birds_db' },
  });
  await workspace.write('turbo.json', '{\n  // a comment\n  "tasks": { "db:seed": { "cache": true } }\n}\n');
  await promisify(execFile)('git', ['init', '--quiet', workspace.root]);

  const { code, stdout } = await workspace.atriz(['doctor', '--database', 'birds_db']);
  expect(code).toBe(3);
  expect(stdout).toContain('fail  @fixture/birds has a database, but not the scripts db:create, db:migrate');
  expect(stdout).toContain(
    'fail  Turbo caches db:seed: the second time it says what the first one did, and does nothing\n',
  );
  expect(stdout).toContain('      mend: set "cache": false for db:seed in turbo.json\n');
  expect(stdout).toMatch(/^fail {2}Turbo strips .*DATABASE_URL.*PGHOST.* from db:seed$/m);
  expect(stdout).toContain('warn  packages/trees/seeds/001_a.ts names birds_db, but @fixture/trees does not depend on');
  expect(stdout).toContain('fail  git does not ignore packages/trees/.env\n      mend: add .env to .gitignore\n');
  expect(stdout).toContain('ok    birds_db is on the embedded server, which starts on demand\n');
  expect(stdout).toMatch(/^\d+ faults, \d+ warnings?$/m);
});

test('where only the server is away it ends with 4', async () => {
  await using workspace = await createWorkspace({ trees: {} });
  const manifest = { name: '@fixture/trees', ...MANIFEST };
  Object.assign(manifest.scripts, { migrate: 'atriz migrate', 'migrate:create': 'atriz migrate create' });
  await writeFile(join(workspace.directory('trees'), 'package.json'), JSON.stringify(manifest));

  const { code, stdout } = await workspace.atriz(['doctor', '--json'], { env: NOWHERE });
  const faults = (JSON.parse(stdout) as Document).findings.filter(({ level }) => level === 'fail');
  expect({ code, faults }).toMatchObject({ code: 4, faults: [{ check: 'server' }] });
});

test('a database that answers is well, and nothing is written to it', async () => {
  const server = await openTestServer();
  await using workspace = await createWorkspace(
    { trees: { migrations: { '1700000000000_trees.sql': migration('CREATE TABLE trees (id int);') } } },
    server,
  );
  await workspace.atriz(['create']);

  const { stdout } = await workspace.atriz(['doctor', '--json']);
  expect((JSON.parse(stdout) as Document).findings.at(-1)).toEqual({
    check: 'server',
    level: 'ok',
    message: 'trees answers',
  });
  await expect(
    workspace.query('trees', "SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
  ).resolves.toEqual([]);
});
