import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseMigration, type Migration } from '../migrations/migration-file.ts';
import { refuseLintErrors } from './describe.ts';
import { LINT_CONFIG_FILE, lintMigrations } from './lint.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'atriz-lifecycle-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<Migration> {
  const file = { name: path.replace(/^.*\/|\.sql$/g, ''), path: join(root, path) };
  await mkdir(dirname(file.path), { recursive: true });
  await writeFile(file.path, text);
  return parseMigration(file, text);
}

/** `line:column level rule` of each finding. */
async function lint(...migrations: Migration[]): Promise<string[]> {
  const findings = await lintMigrations(migrations, { root });
  return findings.map(({ place, level, rule }) => `${place.line}:${place.column} ${level} ${rule}`);
}

const PATH = 'apps/plants/migrations/1700000000001_plants.sql';

test('what may block is told by line and column of the file; the Down section is not looked at', async () => {
  const text = `-- 🚗 What.\n-- Up Migration\nSELECT '🚗é'; CREATE INDEX plants_idx ON plants (id);\n-- Down Migration\nDROP TABLE plants;\n`;
  const [finding, ...others] = await lintMigrations([await write(PATH, text)], { root });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    place: { line: 3, column: 15, text: `SELECT '🚗é'; CREATE INDEX plants_idx ON plants (id);` },
    level: 'error',
    rule: 'require-concurrent-index-creation',
    message: 'During normal index creation, table updates are blocked, but reads are still allowed.',
    hint: 'Use `concurrently` to avoid blocking writes.',
  });
});

test('lines are those of the file with CRLF line ends and a byte order mark too', async () => {
  const text = '\uFEFF-- What.\r\n-- Up Migration\r\n\r\n  DROP TABLE plants;\r\n';
  await expect(lint(await write(PATH, text))).resolves.toEqual(['4:3 error ban-drop-table']);
});

test('a rule of taste warns only', async () => {
  await expect(lint(await write(PATH, '-- Up Migration\nCREATE TABLE plants (id int);\n'))).resolves.toEqual([
    '2:25 warning prefer-bigint-over-int',
  ]);
});

test('a table that the same migration makes can be changed as one likes', async () => {
  const text = '-- Up Migration\nCREATE TABLE plants (id bigint);\nCREATE INDEX ON plants (id);\n';
  await expect(lint(await write(PATH, text))).resolves.toEqual([]);
});

test('a file that has opted out of the transaction is judged as one that has', async () => {
  const up = 'SELECT 1;\nCREATE INDEX CONCURRENTLY plants_idx ON plants (id);\n';
  await expect(lint(await write(PATH, `-- Up Migration\n${up}`))).resolves.toEqual([
    '3:14 error ban-concurrent-index-creation-in-transaction',
  ]);
  await expect(lint(await write(PATH, `-- atriz: no-transaction\n-- Up Migration\n${up}`))).resolves.toEqual([]);
});

test('a file that waits for locks without end is told of it', async () => {
  const text = '-- atriz: lock-timeout 0\n-- Up Migration\nALTER TABLE plants ADD COLUMN name text;\n';
  await expect(lint(await write(PATH, text))).resolves.toEqual(['3:1 error require-lock-timeout']);
  await expect(lint(await write(PATH, text.replace('0', '1h')))).resolves.toEqual([]);
});

test('the workspace’s own rules decide, for all files and for some by their paths from its root', async () => {
  const text = '-- Up Migration\nDROP TABLE plants;\nALTER TABLE herbs DROP COLUMN name;\n';
  const old = await write('apps/old/migrations/1700000000001_old.sql', text);
  const plants = await write(PATH, text);
  await writeFile(
    join(root, LINT_CONFIG_FILE),
    'excluded_rules = ["ban-drop-table", "require-statement-timeout"]\nexcluded_paths = ["apps/old/*"]\n',
  );
  await expect(lint(old, plants)).resolves.toEqual(['3:19 error ban-drop-column']);
  await expect(lint(old)).resolves.toEqual([]);
});

test('a comment allows one statement', async () => {
  const text = '-- Up Migration\n-- squawk-ignore ban-drop-table\nDROP TABLE plants;\nDROP TABLE herbs;\n';
  await expect(lint(await write(PATH, text))).resolves.toEqual(['4:1 error ban-drop-table']);
});

test('a path may have characters that mean something in a pattern', async () => {
  const migration = await write('apps/[a]?*/migrations/1700000000001_a.sql', '-- Up Migration\nDROP TABLE plants;\n');
  await expect(lint(migration)).resolves.toEqual(['2:1 error ban-drop-table']);
});

test('a syntax error is told once, in PostgreSQL’s words', async () => {
  const text = '-- Up Migration\nSELECT 1;\nCREATE TABEL plants (;\n';
  const findings = await lintMigrations([await write(PATH, text)], { root });
  expect(findings).toEqual([
    expect.objectContaining({
      place: { line: 3, column: 8, text: 'CREATE TABEL plants (;' },
      level: 'error',
      rule: 'syntax-error',
      message: 'syntax error at or near "TABEL"',
    }),
  ]);
});

test('more files than one command line takes are linted', async () => {
  const migrations = await Promise.all(
    Array.from({ length: 205 }, (_, index) =>
      write(`apps/plants/migrations/${1_700_000_000_000 + index}_x.sql`, '-- Up Migration\nDROP TABLE plants;\n'),
    ),
  );
  const findings = await lintMigrations(migrations, { root });
  expect(findings.map(({ migration }) => migration.name)).toEqual(migrations.map(({ name }) => name));
});

test('rules that squawk does not know are told, with the file that names them', async () => {
  await writeFile(join(root, LINT_CONFIG_FILE), 'excluded_rules = ["ban-everything"]\n');
  await expect(lint(await write(PATH, '-- Up Migration\nSELECT 1;\n'))).rejects.toMatchObject({
    code: 'LINTER_FAILED',
    message:
      `squawk could not lint with ${join(root, LINT_CONFIG_FILE)}: ` +
      'Configuration error: invalid rule name ban-everything for key `excluded_rules` at line 1 column 1',
  });
});

test('nothing is left in the workspace or beside it', async () => {
  const migration = await write(PATH, '-- Up Migration\nDROP TABLE plants;\n');
  const temporary = await mkdtemp(join(tmpdir(), 'atriz-lifecycle-test-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporary;
  try {
    await expect(lint(migration)).resolves.toHaveLength(1);
    await expect(readdir(temporary)).resolves.toEqual([]);
    await expect(readdir(root)).resolves.toEqual(['apps']);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(temporary, { recursive: true });
  }
});

test('errors are refused, every one with its place; warnings are not', async () => {
  const bad = await write(PATH, '-- Up Migration\nDROP TABLE plants;\nDROP TABLE herbs;\n');
  const good = await write(PATH.replace('01_', '02_'), '-- Up Migration\nCREATE TABLE plants (id int);\n');
  await expect(refuseLintErrors([good], { root })).resolves.toBeUndefined();
  await expect(refuseLintErrors([good, bad], { root })).rejects.toMatchObject({
    code: 'LINT_REFUSED',
    message: expect.stringMatching(
      /_plants\.sql:2:1: .* \(ban-drop-table\)\n {5}2 \| DROP TABLE plants;\n {7}\| \^\n[^\n]*_plants\.sql:3:1: .*\nnothing was applied$/s,
    ) as string,
    hint: 'write it so that nobody waits or loses anything, or add --accept-lint to apply it as it is',
  });
});
