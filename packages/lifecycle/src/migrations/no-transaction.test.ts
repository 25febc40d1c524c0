import { expect, test } from 'vitest';
import { openPlantation, type Plantation } from '../../test/plantation.ts';
import { resolveMigration } from '../repair/resolve.ts';
import { readStatus } from '../status.ts';
import { migrateUp } from './migrate.ts';
import { migrateDown, migrateRedo } from './undo.ts';

const TREES = '1700000000001_trees';
const INDEX = '1700000000002_index_trees';
const MOSS = '1700000000003_moss';
const INDEX_TREES = `-- atriz: no-transaction

-- Up Migration
CREATE INDEX CONCURRENTLY trees_height_idx ON trees (height);
-- a comment; with a semicolon
CREATE INDEX CONCURRENTLY trees_name_idx ON trees (name) WHERE name <> ';';

-- Down Migration
DROP INDEX CONCURRENTLY trees_name_idx;
DROP INDEX CONCURRENTLY trees_height_idx;
`;
const FILES = {
  [`${TREES}.sql`]:
    '-- Up Migration\nCREATE TABLE trees (height int, name text);\n-- Down Migration\nDROP TABLE trees;\n',
  [`${INDEX}.sql`]: INDEX_TREES,
  [`${MOSS}.sql`]: '-- Up Migration\nCREATE TABLE moss ();\n-- Down Migration\nDROP TABLE moss;\n',
};

const indexes = (plants: Plantation) =>
  plants.list(`SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'trees'::regclass ORDER BY 1`);

test('each statement is sent alone, between migrations that have a transaction', async () => {
  await using plants = await openPlantation({ migrations: FILES });
  const said: string[] = [];
  const onProgress = (line: string): void => void said.push(line);
  await expect(migrateUp(plants.target, {}, { onProgress })).resolves.toEqual({
    applied: [TREES, INDEX, MOSS],
    undone: [],
  });
  expect(said).toEqual([`applying ${TREES} (1 of 3)`, `applying ${INDEX} (2 of 3)`, `applying ${MOSS} (3 of 3)`]);
  await expect(indexes(plants)).resolves.toEqual(['trees_height_idx', 'trees_name_idx']);
  await expect(plants.list('SELECT name FROM atriz.unfinished_migrations')).resolves.toEqual([]);
  await expect(migrateRedo(plants.target, { count: 2 })).resolves.toMatchObject({ applied: [INDEX, MOSS] });
  await expect(migrateDown(plants.target, { count: 2 })).resolves.toEqual({ applied: [], undone: [MOSS, INDEX] });
  await expect(indexes(plants)).resolves.toEqual([]);
});

test('one that fails half-way is recorded, and refused until somebody says what is true', async () => {
  await using plants = await openPlantation({ migrations: FILES });
  await migrateUp(plants.target, { count: 1 });
  await plants.query('CREATE TABLE other (); ALTER TABLE trees RENAME COLUMN name TO label');
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringMatching(
      new RegExp(
        String.raw`${INDEX}\.sql:6:\d+: column "name" does not exist \(42703\)[^]*` +
          'it has no transaction: what its statements before this one did stays; this run applied nothing before it',
      ),
    ) as string,
  });
  await expect(indexes(plants)).resolves.toEqual(['trees_height_idx']);
  const problem = {
    code: 'MIGRATION_UNFINISHED',
    message: `${INDEX} runs without a transaction, and applying it stopped at 2 of 2 statements: column "name" does not exist`,
  };
  await expect(readStatus(plants.target)).resolves.toMatchObject({ pending: [INDEX, MOSS], problems: [problem] });
  await expect(migrateUp(plants.target)).rejects.toMatchObject(problem);
  await expect(migrateDown(plants.target)).rejects.toMatchObject(problem);

  await plants.query('DROP INDEX trees_height_idx; ALTER TABLE trees RENAME COLUMN label TO name');
  await resolveMigration(plants.target, { name: INDEX, as: 'rolled-back' });
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [INDEX, MOSS], undone: [] });
});

test('what was finished by hand is resolved as applied, and not run again', async () => {
  await using plants = await openPlantation({ migrations: FILES });
  await migrateUp(plants.target, { count: 1 });
  await plants.query('ALTER TABLE trees RENAME COLUMN name TO label');
  await expect(migrateUp(plants.target)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await resolveMigration(plants.target, { name: `${INDEX}.sql`, as: 'applied' });
  await expect(readStatus(plants.target)).resolves.toMatchObject({ applied: 2, pending: [MOSS], problems: [] });
  await expect(migrateUp(plants.target)).resolves.toEqual({ applied: [MOSS], undone: [] });
  await expect(indexes(plants)).resolves.toEqual(['trees_height_idx']);
});

test('undoing that fails half-way is recorded too', async () => {
  await using plants = await openPlantation({ migrations: FILES, migrated: true });
  await migrateDown(plants.target);
  await plants.query('DROP INDEX trees_height_idx');
  await expect(migrateDown(plants.target)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await expect(readStatus(plants.target)).resolves.toMatchObject({
    applied: 2,
    problems: [
      {
        code: 'MIGRATION_UNFINISHED',
        message: expect.stringContaining('undoing it stopped at 2 of 2 statements') as string,
      },
    ],
  });
  await resolveMigration(plants.target, { name: INDEX, as: 'rolled-back' });
  await expect(readStatus(plants.target)).resolves.toMatchObject({ applied: 1, pending: [INDEX, MOSS], problems: [] });
});

test.each([1, 2, 3])('cut off in statement %i, it says where, and nothing behind it ran', async (statement) => {
  const tables = ['trees', 'herbs', 'moss'];
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: `-- Up Migration\n${tables.map((name) => `CREATE TABLE ${name} ();`).join('\n')}\n`,
      [`${INDEX}.sql`]: `-- atriz: no-transaction\n-- Up Migration\n${tables.map((name) => `ALTER TABLE ${name} ADD height int;`).join('\n')}\n`,
    },
  });
  await migrateUp(plants.target, { count: 1 });
  await plants.query(`BEGIN; LOCK TABLE ${tables[statement - 1]}`);
  const running = migrateUp(plants.target);
  const failure = running.catch((error: unknown) => error);
  const waiting = `SELECT pid FROM pg_locks WHERE NOT granted AND relation = '${tables[statement - 1]}'::regclass`;
  await expect
    .poll(() => plants.list(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS session`), { timeout: 20_000 })
    .toEqual([true]);
  await expect(failure).resolves.toMatchObject({
    message: expect.stringContaining('terminating connection') as string,
  });
  await plants.query('COMMIT');
  const [problem] = (await readStatus(plants.target)).problems;
  expect(problem).toMatchObject({ code: 'MIGRATION_UNFINISHED' });
  expect(problem!.message).toContain(`applying it stopped at ${statement} of 3 statements: the run was cut off`);
  const altered = `SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
                    WHERE attname = 'height' ORDER BY attrelid`;
  await expect(plants.list(altered)).resolves.toEqual(tables.slice(0, statement - 1));
});

function keepTimeout(head: string): string {
  return `${head}-- atriz: no-transaction\n-- Up Migration\nINSERT INTO seen SELECT current_setting('lock_timeout');\n`;
}

test('without a transaction there is a lock timeout only where the file gives one, and no second try', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: '-- Up Migration\nCREATE TABLE trees ();\nCREATE TABLE seen (timeout text);\n',
      [`${INDEX}.sql`]: keepTimeout(''),
      [`${MOSS}.sql`]: keepTimeout('-- atriz: lock-timeout 7s\n'),
      '1700000000004_grow.sql':
        '-- atriz: no-transaction\n-- atriz: lock-timeout 100ms\n-- Up Migration\nALTER TABLE trees ADD height int;\n',
    },
  });
  await migrateUp(plants.target, { count: 3 });
  await expect(plants.list('SELECT timeout FROM seen')).resolves.toEqual(['0', '7s']);
  await plants.query('BEGIN; LOCK TABLE trees');
  await expect(migrateUp(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('canceling statement due to lock timeout (55P03)') as string,
  });
  await plants.query('COMMIT');
  await expect(readStatus(plants.target)).resolves.toMatchObject({ problems: [{ code: 'MIGRATION_UNFINISHED' }] });
});
