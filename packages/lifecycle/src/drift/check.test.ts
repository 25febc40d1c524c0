import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../../test/plantation.ts';
import { migrateUp } from '../migrations/migrate.ts';
import { checkDrift, createDriftCheck } from './check.ts';
import { withSnapshot } from './snapshot.ts';

const TREES = '1700000000001_trees';
const HERBS = '1700000000002_herbs';
const MOSS = '1700000000003_moss';

async function openMigrated(): Promise<Plantation> {
  return openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration('CREATE TABLE trees (id int PRIMARY KEY, name varchar(20));'),
      [`${HERBS}.sql`]: migration('CREATE TABLE herbs (id serial PRIMARY KEY);'),
    },
    migrated: true,
  });
}

async function sentences(plants: Plantation): Promise<string[]> {
  return (await checkDrift(plants.target)).differences.map(({ sentence }) => sentence);
}

test('what was just migrated has not drifted; pending files are counted and not compared', async () => {
  await using plants = await openMigrated();
  await plants.write(`migrations/${MOSS}.sql`, migration('CREATE TABLE moss (id int);'));
  await expect(checkDrift(plants.target)).resolves.toEqual({ applied: 2, pending: 1, differences: [] });
});

test('what was changed by hand is listed, for a person and for a machine', async () => {
  await using plants = await openMigrated();
  await plants.query('ALTER TABLE trees ALTER name TYPE text; CREATE INDEX by_hand ON trees (name); DROP TABLE herbs');
  await expect(checkDrift(plants.target)).resolves.toEqual({
    applied: 2,
    pending: 0,
    differences: [
      {
        change: 'missing',
        kind: 'sequence',
        name: 'sequence herbs_id_seq',
        sentence: 'sequence herbs_id_seq is missing in the database',
      },
      { change: 'missing', kind: 'table', name: 'table herbs', sentence: 'table herbs is missing in the database' },
      {
        change: 'changed',
        kind: 'column',
        name: 'table trees: column name',
        property: 'type',
        expected: 'varchar(20)',
        actual: 'text',
        sentence: 'table trees: column name is text, the migrations make it varchar(20)',
      },
      {
        change: 'unexpected',
        kind: 'index',
        name: 'table trees: index by_hand',
        sentence: 'table trees: index by_hand is in the database, but no migration makes it',
      },
    ],
  });
});

test('a file that was edited after it was applied shows as drift', async () => {
  await using plants = await openMigrated();
  await plants.write(`migrations/${HERBS}.sql`, migration('CREATE TABLE herbs (id serial PRIMARY KEY, name text);'));
  await expect(sentences(plants)).resolves.toEqual(['table herbs: column name is missing in the database']);
});

test('neither the ledger, nor the history under any name, nor what an extension brings is drift', async () => {
  await using plants = await openPlantation({
    definition: { migrationsTable: 'My History' },
    migrations: { [`${TREES}.sql`]: migration('CREATE TABLE trees (id int);') },
    migrated: true,
  });
  await plants.query(`CREATE TABLE of_extension (id serial PRIMARY KEY); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE shade AS ENUM ('light', 'dark');
    ALTER EXTENSION plpgsql ADD TABLE of_extension; ALTER EXTENSION plpgsql ADD SEQUENCE of_extension_id_seq;
    ALTER EXTENSION plpgsql ADD FUNCTION f(); ALTER EXTENSION plpgsql ADD TYPE shade`);
  try {
    await expect(sentences(plants)).resolves.toEqual([]);
  } finally {
    await plants.query(`ALTER EXTENSION plpgsql DROP TABLE of_extension; ALTER EXTENSION plpgsql DROP SEQUENCE of_extension_id_seq;
      ALTER EXTENSION plpgsql DROP FUNCTION f(); ALTER EXTENSION plpgsql DROP TYPE shade`);
  }
});

test('another owner is no drift, and what he may do is his', async () => {
  await using plants = await openPlantation();
  const user = `role_of_${plants.target.parameters.database}`;
  await plants.query(`CREATE ROLE ${user}`);
  try {
    await plants.write(
      `migrations/${TREES}.sql`,
      migration(`CREATE TABLE trees (id int); GRANT SELECT ON trees TO ${user}; CREATE TABLE herbs (id int);`),
    );
    await migrateUp(plants.target);
    await plants.query(`ALTER TABLE trees OWNER TO ${user}`);
    await expect(sentences(plants)).resolves.toEqual([]);
    await plants.query(`ALTER TABLE trees OWNER TO CURRENT_USER; GRANT INSERT ON herbs TO ${user}`);
    await expect(sentences(plants)).resolves.toEqual([
      `table herbs: role ${user} may INSERT, which no migration lets it`,
      `table trees: role ${user} may not SELECT, which the migrations let it`,
    ]);
  } finally {
    await plants.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  }
});

test('an owner that a migration names is compared', async () => {
  await using plants = await openPlantation();
  const user = `role_of_${plants.target.parameters.database}`;
  await plants.query(`CREATE ROLE ${user}`);
  try {
    await plants.write(
      `migrations/${TREES}.sql`,
      migration(`CREATE TABLE trees (id int); ALTER TABLE trees OWNER TO ${user};`),
    );
    await migrateUp(plants.target);
    await expect(sentences(plants)).resolves.toEqual([]);
    await plants.query('ALTER TABLE trees OWNER TO CURRENT_USER');
    await expect(sentences(plants)).resolves.toEqual([
      `table trees has no owner of its own, the migrations give it the owner ${user}`,
    ]);
  } finally {
    await plants.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  }
});

test('settings of the database that word definitions otherwise make no drift', async () => {
  await using plants = await openPlantation({
    migrations: {
      [`${TREES}.sql`]: migration(
        `CREATE TABLE trees (planted date DEFAULT '2024-02-01', at timestamptz DEFAULT '2024-02-01 00:00+00', age interval DEFAULT '1 day 2 hours');`,
      ),
    },
    migrated: true,
  });
  const { database } = plants.target.parameters;
  await plants.query(`ALTER DATABASE ${database} SET datestyle = 'German';
    ALTER DATABASE ${database} SET timezone = 'Asia/Tokyo'; ALTER DATABASE ${database} SET intervalstyle = 'iso_8601'`);
  await expect(sentences(plants)).resolves.toEqual([]);
});

test('the live database is read in a transaction that cannot write, nor see what others commit meanwhile', async () => {
  await using plants = await openMigrated();
  const writing = withSnapshot(plants.target, {}, (client) => client.query('CREATE TABLE written (id int)'));
  await expect(writing).rejects.toMatchObject({ code: '25006' });
  const counts = await withSnapshot(plants.target, {}, async (client) => {
    const count = async (): Promise<unknown> => (await client.query('SELECT count(*)::int FROM trees')).rows;
    const before = await count();
    await plants.query(`INSERT INTO trees VALUES (1)`);
    return [before, await count()];
  });
  expect(counts).toEqual([[{ count: 0 }], [{ count: 0 }]]);
});

test('a read-only user may check, when he may create databases', async () => {
  await using plants = await openMigrated();
  const user = `role_of_${plants.target.parameters.database}`;
  await plants.query(`CREATE ROLE ${user} LOGIN PASSWORD 'guest' CREATEDB;
    GRANT USAGE ON SCHEMA atriz TO ${user}; GRANT SELECT ON ALL TABLES IN SCHEMA atriz, public TO ${user}`);
  try {
    await plants.query(`REVOKE SELECT ON trees, herbs FROM ${user}`);
    const target = { ...plants.target, parameters: { ...plants.target.parameters, user, password: 'guest' } };
    await expect(checkDrift(target)).resolves.toMatchObject({ applied: 2, differences: [] });
  } finally {
    await plants.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  }
});

test('an applied migration without file cannot be replayed: MIGRATION_MISSING', async () => {
  await using plants = await openMigrated();
  await plants.remove(`migrations/${TREES}.sql`);
  await expect(checkDrift(plants.target)).rejects.toMatchObject({ code: 'MIGRATION_MISSING' });
});

test('migrations that only ran on top of something made by hand are told: MIGRATION_FAILED', async () => {
  await using plants = await openPlantation();
  await plants.query('CREATE TABLE by_hand (id int)');
  await plants.write(`migrations/${TREES}.sql`, migration('ALTER TABLE by_hand ADD name text;'));
  await migrateUp(plants.target);
  await expect(checkDrift(plants.target)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringMatching(
      /^replayed into a scratch database, .*: relation "by_hand" does not exist/,
    ) as string,
  });
});

test('a database of another definition is not compared: IDENTITY_MISMATCH', async () => {
  await using plants = await openMigrated();
  await plants.query(`UPDATE atriz.identity SET definition = 'animals'`);
  await expect(checkDrift(plants.target)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
});

test('databases of one server with the same history are compared with one replay', async () => {
  await using plants = await openMigrated();
  const said: string[] = [];
  const check = createDriftCheck();
  const context = { onProgress: (line: string) => void said.push(line) };
  await Promise.all([check(plants.target, context), check(plants.target, context)]);
  await plants.write(`migrations/${MOSS}.sql`, migration('CREATE TABLE moss (id int);'));
  await migrateUp(plants.target);
  await expect(check(plants.target, context)).resolves.toEqual({ applied: 3, pending: 0, differences: [] });
  expect(said).toEqual([
    'replaying 2 migrations into a scratch database',
    'replaying 3 migrations into a scratch database',
  ]);
});

test('in a database that was never migrated, all that is there is drift', async () => {
  await using plants = await openPlantation({
    migrations: { [`${TREES}.sql`]: migration('CREATE TABLE trees (id int);') },
  });
  await plants.query('CREATE TABLE by_hand (id int)');
  await plants.query('DROP TABLE IF EXISTS pgmigrations');
  await expect(checkDrift(plants.target)).resolves.toMatchObject({
    applied: 0,
    pending: 1,
    differences: [{ sentence: 'table by_hand is in the database, but no migration makes it' }],
  });
});

test('a history that a squash has yet to take over is compared with the squash', async () => {
  await using plants = await openMigrated();
  await plants.remove(`migrations/${TREES}.sql`);
  await plants.remove(`migrations/${HERBS}.sql`);
  await plants.write(
    `migrations/1700000000002_squashed.sql`,
    `-- atriz: squashes ${TREES}\n-- atriz: squashes ${HERBS}\n${migration(
      'CREATE TABLE trees (id int PRIMARY KEY, name varchar(20)); CREATE TABLE herbs (id serial PRIMARY KEY);',
    )}`,
  );
  await expect(checkDrift(plants.target)).resolves.toEqual({ applied: 1, pending: 0, differences: [] });
});

test('a table that is being altered holds the check up for ten seconds at most: LOCK_TIMEOUT', async () => {
  await using plants = await openMigrated();
  await plants.query('BEGIN; LOCK TABLE trees IN ACCESS EXCLUSIVE MODE');
  await expect(checkDrift(plants.target, { lockWaitMs: 50 })).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
    message: `a table of "${plants.target.parameters.database}" is being altered by another session, and was not free within 0.05 s`,
    cause: { code: '55P03' },
  });
  await plants.query('ROLLBACK');
  await expect(checkDrift(plants.target, { lockWaitMs: 50 })).resolves.toMatchObject({ differences: [] });
});

test('a schema public of other make is no drift, what it lets everybody do is', async () => {
  await using plants = await openMigrated();
  const user = `role_of_${plants.target.parameters.database}`;
  await plants.query(`CREATE ROLE ${user}; ALTER SCHEMA public OWNER TO ${user}; COMMENT ON SCHEMA public IS NULL`);
  try {
    await expect(sentences(plants)).resolves.toEqual([]);
    await plants.query('REVOKE USAGE ON SCHEMA public FROM PUBLIC');
    await expect(sentences(plants)).resolves.toEqual([
      expect.stringMatching(/^schema public: role PUBLIC may not (?:CREATE, )?USAGE, which the migrations let it$/),
    ]);
  } finally {
    await plants.query(`ALTER SCHEMA public OWNER TO CURRENT_USER; DROP ROLE ${user}`);
  }
});

test('a file that was edited since it was applied is told, whatever the schema says', async () => {
  await using plants = await openMigrated();
  await plants.write(
    `migrations/${HERBS}.sql`,
    `-- Herbs.\n${migration('CREATE TABLE herbs (id serial PRIMARY KEY);')}`,
  );
  const said: string[] = [];
  const report = await checkDrift(plants.target, { onProgress: (line) => void said.push(line) });
  expect(report.differences).toEqual([]);
  expect(said).toContain(`${HERBS} was edited after it was applied`);
});
