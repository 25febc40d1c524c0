import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory, type TemporaryDirectory } from '../test/directory.ts';
import { openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import { defineDatabase } from './definition.ts';
import { readMigrationStatus, type MigrationStatus } from './migration-status.ts';
import { createDatabasePool } from './pool.ts';

const definition = defineDatabase({ name: 'plants', migrationsTable: 'History' });
const trees = '1700000000001_trees';
const herbs = '1700000000002_herbs';

let database: EmptyDatabase;
let own: TemporaryDirectory;

beforeAll(async () => {
  database = await openEmptyDatabase();
});
afterAll(() => database.drop());

/** Both applied, as `SELECT 1;`, whose checksum that is. */
beforeEach(async () => {
  own = await temporaryDirectory({
    [`migrations/${trees}.sql`]: 'SELECT 1;\n',
    [`migrations/${herbs}.sql`]: 'SELECT 1;\r\n',
  });
  await database.db.query(`
    DROP SCHEMA IF EXISTS atriz CASCADE;
    DROP TABLE IF EXISTS public."History";
    CREATE SCHEMA atriz;
    CREATE TABLE atriz.identity (family text, definition text);
    INSERT INTO atriz.identity VALUES ('garden', 'plants');
    CREATE TABLE atriz.migrations (name text, checksum text, text text);
    INSERT INTO atriz.migrations
    SELECT name, '17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a' FROM unnest(ARRAY['${trees}', '${herbs}']) AS name;
    CREATE TABLE public."History" (name varchar(255));
    INSERT INTO public."History" SELECT name FROM atriz.migrations`);
  return () => own[Symbol.asyncDispose]();
});

function status(db = database.db): Promise<MigrationStatus> {
  return readMigrationStatus(db.pool, definition, { directory: own.path });
}

describe('readMigrationStatus', () => {
  it('is content when all files are applied as they are, and when the database is ahead', async () => {
    expect(await status()).toBe('up-to-date');
    await rm(join(own.path, 'migrations', `${herbs}.sql`));
    expect(await status()).toBe('up-to-date');
  });

  it('knows a file that is not applied', async () => {
    await writeFile(join(own.path, 'migrations/1700000000003_ferns.sql'), 'SELECT 3;');
    expect(await status()).toBe('pending');
  });

  it('knows a file that was edited after it was applied', async () => {
    await writeFile(join(own.path, 'migrations', `${trees}.sql`), 'SELECT 2;');
    expect(await status()).toBe('drifted');
  });

  it('calls another definition’s database drifted', async () => {
    await database.db.query(`UPDATE atriz.identity SET definition = 'animals'`);
    expect(await status()).toBe('drifted');
  });

  it('takes a squashed file for those whose place it took', async () => {
    await database.db.query(`DELETE FROM public."History" WHERE name = '${trees}';
      INSERT INTO atriz.migrations VALUES ('1700000000002_squashed', '-', '-- atriz: squashes ${trees}')`);
    expect(await status()).toBe('up-to-date');
  });

  it('calls a database that was never migrated pending', async () => {
    await database.db.query('DROP SCHEMA atriz CASCADE');
    expect(await status()).toBe('pending');
  });

  it('goes by the names alone where the role may not read the checksums', async () => {
    await database.db.query(`
      DROP ROLE IF EXISTS atriz_test_status_reader;
      CREATE ROLE atriz_test_status_reader;
      GRANT USAGE ON SCHEMA atriz TO atriz_test_status_reader;
      GRANT SELECT ON atriz.identity, public."History" TO atriz_test_status_reader`);
    try {
      await using reader = createDatabasePool({
        connectionString: database.connectionString,
        options: '-c role=atriz_test_status_reader',
      });
      await writeFile(join(own.path, 'migrations', `${trees}.sql`), 'SELECT 2;');
      expect(await status(reader)).toBe('up-to-date');
    } finally {
      await database.db.query('DROP OWNED BY atriz_test_status_reader; DROP ROLE atriz_test_status_reader');
    }
  });
});
