import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { defineDatabase } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { validateMigrations } from './validate.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'atriz-lifecycle-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A database with these files. */
async function declare(name: string, files: Readonly<Record<string, string>>): Promise<FamilyDatabase> {
  const directory = join(root, name);
  for (const [file, text] of Object.entries(files)) {
    const path = join(directory, 'migrations', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return { ...defineDatabase({ name }), owner: `@${name}/app`, directory, dependsOn: [] };
}

/** What is found in each database: level, code, place, rule and message. */
async function find(...family: FamilyDatabase[]): Promise<Record<string, string[]>> {
  const validations = await validateMigrations(family, { family, root });
  return Object.fromEntries(
    validations.map(({ database, findings }) => [
      database.name,
      findings.map(({ level, code, path, line, place, rule, message }) =>
        [level, code, path && relative(root, path), line, place?.column, rule, message]
          .filter((each) => each !== undefined)
          .join(' '),
      ),
    ]),
  );
}

const GOOD = '-- Up Migration\nCREATE TABLE plants (id bigint);\n-- Down Migration\nDROP TABLE plants;\n';

test('a family without fault: what was looked at is counted', async () => {
  const plants = await declare('plants', { '1700000000001_a.sql': GOOD, '1700000000002_b.sql': '-- Up Migration\n' });
  const herbs = await declare('herbs', {
    '1700000000001_a.sql': `-- requires: plants@1700000000001_a, plants@1700000000002_b\n${GOOD}`,
  });
  const empty = await declare('empty', {});
  const family = [plants, herbs, empty];
  await expect(validateMigrations(family, { family, root })).resolves.toEqual([
    { database: plants, files: 2, linted: 2, requires: 0, findings: [] },
    { database: herbs, files: 1, linted: 1, requires: 2, findings: [] },
    { database: empty, files: 0, linted: 0, requires: 0, findings: [] },
  ]);
});

test('every fault of every file is told, by file and line', async () => {
  const plants = await declare('plants', {
    '1700000000001_down.sql': '-- Down Migration\nSELECT 1;\n',
    '1700000000002_directive.sql': '-- What.\n-- atriz: no-transactions\n-- Up Migration\n',
    '1700000000003_statements.sql': '-- Up Migration\nBEGIN;\nVACUUM;\n-- Down Migration\nSELEC 1;\n',
    '1700000000004_lint.sql': '-- Up Migration\nDROP TABLE plants;\n',
    '17000000000051_fourteen.sql': GOOD,
    'no-number.sql': GOOD,
  });
  await expect(find(plants)).resolves.toEqual({
    plants: [
      'error MIGRATION_INVALID plants/migrations/17000000000051_fourteen.sql its name is not <13-digit ms timestamp>_<name>.sql, so it would sort before or after all others',
      'error MIGRATION_INVALID plants/migrations/no-number.sql its name is not <13-digit ms timestamp>_<name>.sql, so it would sort before or after all others',
      'error MIGRATION_INVALID plants/migrations/1700000000001_down.sql 1 it has no "-- Up Migration" line before everything else',
      'error MIGRATION_INVALID plants/migrations/1700000000002_directive.sql 2 "no-transactions" is not a directive',
      'error MIGRATION_INVALID plants/migrations/1700000000003_statements.sql 2 1 transaction-control BEGIN: a migration does not begin or end transactions',
      'error MIGRATION_INVALID plants/migrations/1700000000003_statements.sql 3 1 no-transaction this VACUUM cannot run inside a transaction',
      'error MIGRATION_INVALID plants/migrations/1700000000003_statements.sql 5 1 syntax syntax error at or near "SELEC"',
      'error LINT_REFUSED plants/migrations/1700000000004_lint.sql 2 1 ban-drop-table Dropping a table may break existing clients.',
    ],
  });
});

test('a comment that node-pg-migrate would take for a Down marker is warned of, where there is no Down section', async () => {
  const text = `-- Up Migration\nCREATE TABLE plants (id bigint);\n-- Down migration (drops it)\nDROP TABLE plants;\n`;
  const warning =
    'warning MIGRATION_INVALID plants/migrations/1700000000001_a.sql 3 near-marker "-- Down migration (drops it)" is a comment, and what is below it belongs to the Up section';
  await expect(find(await declare('plants', { '1700000000001_a.sql': text }))).resolves.toEqual({
    plants: [warning, expect.stringContaining('ban-drop-table')],
  });
  await expect(
    find(await declare('plants', { '1700000000001_a.sql': `${text}-- Down Migration: none\n` })),
  ).resolves.toEqual({ plants: [expect.stringContaining('ban-drop-table')] });
});

test('requires lines: unknown names and circles, told to the databases that they are in; of the whole family, chosen or not', async () => {
  const plants = await declare('plants', {
    '1700000000001_a.sql': `-- requires: herbs@1700000000001_a\n${GOOD}`,
  });
  const herbs = await declare('herbs', { '1700000000001_a.sql': `-- requires: plants@1700000000001_a\n${GOOD}` });
  const trees = await declare('trees', { '1700000000001_a.sql': `-- What.\n-- requires: moss@1\n${GOOD}` });
  const circle = expect.stringMatching(
    /^error REQUIREMENT_CYCLE .*plants@1700000000001_a → herbs@1700000000001_a → plants@1700000000001_a\n {2}plants\/migrations\/1700000000001_a\.sql:1 requires/,
  ) as string;
  await expect(find(plants, herbs, trees)).resolves.toEqual({
    plants: [circle],
    herbs: [circle],
    trees: [
      'error REQUIREMENT_UNKNOWN trees/migrations/1700000000001_a.sql:2: it requires moss@1, but there is no such database in this workspace',
    ],
  });
  const [only, ...others] = await validateMigrations([herbs], { family: [plants, herbs, trees], root });
  expect(others).toEqual([]);
  expect(only!.findings).toMatchObject([{ code: 'REQUIREMENT_CYCLE' }]);
});

test('lines that name what was squashed since are met, and an old file beside the squash is told', async () => {
  const plants = await declare('plants', {
    '1700000000002_b.sql': GOOD,
    '1700000000002_squashed.sql': `-- atriz: squashes 1700000000001_a\n-- atriz: squashes 1700000000002_b\n${GOOD}`,
  });
  const herbs = await declare('herbs', { '1700000000001_a.sql': `-- requires: plants@1700000000001_a\n${GOOD}` });
  await expect(find(plants, herbs)).resolves.toEqual({
    plants: [expect.stringContaining('what it does is in 1700000000002_squashed too, which squashes it')],
    herbs: [],
  });
});
