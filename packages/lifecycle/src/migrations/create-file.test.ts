import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, afterEach, expect, test } from 'vitest';
import { createMigrationFile } from './create-file.ts';
import { readMigrationFiles } from './migration-file.ts';
import { splitSections } from './sections.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'atriz-lifecycle-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('the file is named by the time and the name in snake case, and the directory is made', async () => {
  const path = await createMigrationFile(join(directory, 'new'), '  Add Vehicles, and—more! ', {
    now: 1_700_000_000_000,
  });
  expect(path).toBe(join(directory, 'new/1700000000000_add_vehicles_and_more.sql'));
  await expect(readMigrationFiles(join(directory, 'new'))).resolves.toHaveLength(1);
});

test('by default it is named by the present time', async () => {
  const before = Date.now();
  const path = await createMigrationFile(directory, 'x');
  const time = Number(path.slice(directory.length + 1, directory.length + 14));
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
});

test('it comes after the newest file, also when that lies in the future', async () => {
  await writeFile(join(directory, '1700000000500_b.sql'), '');
  await writeFile(join(directory, '1700000000400_a.sql'), '');
  await expect(createMigrationFile(directory, 'c', { now: 1_700_000_000_000 })).resolves.toBe(
    join(directory, '1700000000501_c.sql'),
  );
});

test('two made in the same millisecond have an order', async () => {
  const now = 1_700_000_000_000;
  await createMigrationFile(directory, 'z', { now });
  await createMigrationFile(directory, 'a', { now });
  await expect(readdir(directory)).resolves.toEqual(['1700000000000_z.sql', '1700000000001_a.sql']);
});

test('its text has both markers and asks for intent and lock; its empty Down would be refused', async () => {
  const text = await readFile(await createMigrationFile(directory, 'x'), 'utf8');
  expect(text).toBe(
    '-- WHAT AND WHY. Takes: WHICH LOCK, ON WHICH TABLE.\n\n-- Up Migration\n\n\n-- Down Migration\n\n',
  );
  await expect(splitSections(text, 'x.sql')).rejects.toThrow('its Down section is empty');
});

test.each(['', '   ', '!?', '東京', 'x'.repeat(201)])('%j is not a name', async (name) => {
  await expect(createMigrationFile(directory, name)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: `"${name}" is not a name for a migration`,
  });
  await expect(readdir(directory)).resolves.toEqual([]);
});
