import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMigration, readMigrationFiles } from './migration-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'atriz-lifecycle-test-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('a directory’s migrations are its SQL files by timestamp; others and hidden ones are passed over', async () => {
  for (const name of [
    '1700000000002_b.sql',
    '1700000000001_a-name.with_all.sql',
    '.1700000000000_hidden.sql',
    'README.md',
    '1700000000003_c.ts',
  ]) {
    await writeFile(join(directory, name), '');
  }
  await expect(readMigrationFiles(directory)).resolves.toEqual([
    { name: '1700000000001_a-name.with_all', path: join(directory, '1700000000001_a-name.with_all.sql') },
    { name: '1700000000002_b', path: join(directory, '1700000000002_b.sql') },
  ]);
  await expect(readMigrationFiles(join(directory, 'gone'))).resolves.toEqual([]);
});

test.each([
  '17000000000001_fourteen_digits.sql',
  '170000000000_twelve_digits.sql',
  '001_counted.sql',
  '1700000000001-dash.sql',
  '1700000000001_.sql',
  '1700000000001_with blank.sql',
  "1700000000001_quo'te.sql",
])('the name %s is MIGRATION_INVALID', async (name) => {
  const path = join(directory, name);
  await writeFile(path, '');
  await expect(readMigrationFiles(directory)).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: `${path}: not <13-digit ms timestamp>_<name>.sql`,
  });
  await rm(path);
});

test('a byte order mark does not hide the first marker, and counts in no offset', async () => {
  const path = join(directory, 'bom');
  await writeFile(path, '\uFEFF-- Up Migration\nSELECT 1;\n');
  await expect(readMigration({ name: 'bom', path })).resolves.toEqual({
    name: 'bom',
    path,
    text: '-- Up Migration\nSELECT 1;\n',
    up: { sql: '\nSELECT 1;\n', offset: 15 },
    down: undefined,
    irreversible: false,
    directives: { noTransaction: false, lockTimeoutMs: 5000, requires: [], squashes: [] },
  });
});
