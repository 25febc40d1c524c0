import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../../test/plantation.ts';
import { squashMigrations } from './squash.ts';

const TREES = '1700000000001_trees';
const NAMES = '1700000000002_names';
const MOSS = '1700000000003_moss';

const FILES = {
  [`${TREES}.sql`]: migration('CREATE TABLE trees (id int PRIMARY KEY);', 'DROP TABLE trees;'),
  [`${NAMES}.sql`]: migration(
    'ALTER TABLE trees ADD name text;\nINSERT INTO trees VALUES (1);',
    'ALTER TABLE trees DROP name;',
  ),
  [`${MOSS}.sql`]: migration('CREATE TABLE moss (id int);', 'DROP TABLE moss;'),
};

const filesOf = (plants: Plantation): Promise<string[]> => readdir(join(plants.directory, 'migrations'));

test('the first files become one, proven to make the same; later ones stay', async () => {
  await using plants = await openPlantation({ migrations: FILES });
  const path = join(plants.directory, 'migrations/1700000000002_squashed.sql');
  await expect(squashMigrations(plants.target, { to: NAMES })).resolves.toEqual({
    name: '1700000000002_squashed',
    path,
    squashes: [TREES, NAMES],
  });
  await expect(filesOf(plants)).resolves.toEqual(['1700000000002_squashed.sql', `${MOSS}.sql`]);
  await expect(readFile(path, 'utf8')).resolves.toContain('ALTER TABLE trees ADD name text;');
});

test('rows that the one file would write otherwise are refused too, and the files stay as they are', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration(`CREATE TABLE trees (id int); SET LOCAL atriz.season = 'winter';`),
      [`${NAMES}.sql`]: migration(
        `INSERT INTO trees SELECT 1 WHERE coalesce(current_setting('atriz.season', true), '') <> 'winter';`,
      ),
    },
  });
  await expect(squashMigrations(plants.target, { to: `migrations/${NAMES}.sql` })).rejects.toMatchObject({
    code: 'SQUASH_REFUSED',
    message: `1700000000002_squashed would not make the same database:
table "public"."trees" gets 0 rows by the new file, 1 by the old ones`,
  });
  await expect(filesOf(plants)).resolves.toEqual([`${TREES}.sql`, `${NAMES}.sql`]);
});

test('a setting that one file leaves behind for the next shows in the schema, and is refused', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration('CREATE SCHEMA garden; SET LOCAL search_path = garden; CREATE TABLE trees (id int);'),
      [`${NAMES}.sql`]: migration('CREATE TABLE names (id int);'),
    },
  });
  await expect(squashMigrations(plants.target, { to: NAMES })).rejects.toMatchObject({
    code: 'SQUASH_REFUSED',
    message: `1700000000002_squashed would not make the same database:
table garden.names is made by the new file only
table names is made by the old files only`,
  });
  await expect(filesOf(plants)).resolves.toEqual([`${TREES}.sql`, `${NAMES}.sql`]);
});

test('a file that fails among the others is refused with its error', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration(
        'CREATE TABLE trees (id int PRIMARY KEY, parent int REFERENCES trees DEFERRABLE INITIALLY DEFERRED); INSERT INTO trees VALUES (1, 1);',
      ),
      [`${NAMES}.sql`]: migration('ALTER TABLE trees ADD name text;'),
    },
  });
  await expect(squashMigrations(plants.target, { to: NAMES })).rejects.toMatchObject({
    code: 'SQUASH_REFUSED',
    message: expect.stringContaining(
      'cannot ALTER TABLE "trees" because it has pending trigger events (55006)',
    ) as string,
  });
});

test('a name that no file has is not squashed to', async () => {
  await using plants = await openPlantation({ migrations: FILES });
  await expect(squashMigrations(plants.target, { to: '1700000000009_no' })).rejects.toMatchObject({
    code: 'MIGRATION_UNKNOWN',
  });
});

test('files that another database is required between cannot be one: the circle is shown', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration('CREATE TABLE trees (id int);'),
      [`${NAMES}.sql`]: `-- requires: birds@1700000000001_nests\n${migration('CREATE TABLE names (id int);')}`,
    },
  });
  await using other = await openPlantation({
    definition: { name: 'birds' },
    migrations: {
      '1700000000001_nests.sql': `-- requires: plants@${TREES}\n${migration('CREATE TABLE nests (id int);')}`,
    },
  });
  const family = [plants.target.database, other.target.database];
  await expect(squashMigrations(plants.target, { to: NAMES, family })).rejects.toMatchObject({
    code: 'SQUASH_REFUSED',
    message: expect.stringMatching(/^in one file, migrations wait for each other in a circle: .*_squashed/) as string,
  });
  await expect(filesOf(plants)).resolves.toEqual([`${TREES}.sql`, `${NAMES}.sql`]);
});
