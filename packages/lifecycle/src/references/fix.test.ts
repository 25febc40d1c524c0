import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openOrchard, refer, type Orchard } from '../../test/orchard.ts';
import { checkReferences } from './check.ts';
import type { ReferenceCheck } from './source.ts';

const USERS = 'CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1), (2);';

async function fix(orchard: Orchard): Promise<ReferenceCheck[]> {
  const outcomes = await checkReferences(orchard.references, orchard.access, { fix: true });
  return outcomes.map((outcome) => {
    if (outcome.status === 'failed') throw outcome.error;
    return outcome.result;
  });
}

test('each rule does what it says, and what is left is said', async () => {
  const rules = ['cascade', 'set null', 'restrict', 'report'] as const;
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: rules
        .map((_, index) => `CREATE TABLE t${index} (user_id int); INSERT INTO t${index} VALUES (1), (3), (3), (NULL);`)
        .join('\n'),
      references: rules.map((rule, index) => refer(`t${index}.user_id`, 'shared.users.id', rule)),
    },
  });
  const found = { keys: 2, orphanKeys: 1, orphanRows: 2 };
  await expect(fix(orchard)).resolves.toMatchObject([
    { ...found, fixedRows: 2, leftKeys: 0, leftRows: 0 },
    { ...found, fixedRows: 2, leftKeys: 0, leftRows: 0 },
    { ...found, fixedRows: 0, leftKeys: 1, leftRows: 2 },
    { ...found, fixedRows: 0, leftKeys: 1, leftRows: 2 },
  ]);
  const contents = await orchard.at('app').query(`
    SELECT (SELECT array_agg(user_id ORDER BY user_id) FROM t0) AS "cascade",
           (SELECT array_agg(user_id ORDER BY user_id) FROM t1) AS "set null",
           (SELECT array_agg(user_id ORDER BY user_id) FROM t2) AS "restrict",
           (SELECT array_agg(user_id ORDER BY user_id) FROM t3) AS "report"`);
  expect(contents).toEqual([
    { cascade: [1, null], 'set null': [1, null, null, null], restrict: [1, 3, 3, null], report: [1, 3, 3, null] },
  ]);
});

test('many rows of one key, and many keys, are mended in batches of a thousand rows', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: `CREATE TABLE batches (rows bigint);
        CREATE TABLE vehicles (user_id int) PARTITION BY HASH (user_id);
        CREATE TABLE one PARTITION OF vehicles FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE two PARTITION OF vehicles FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO vehicles SELECT 3 FROM generate_series(1, 2500);
        INSERT INTO vehicles SELECT n FROM generate_series(1, 3000) n;
        CREATE FUNCTION count_batch() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN INSERT INTO batches SELECT count(*) FROM gone; RETURN NULL; END $$;
        CREATE TRIGGER count_batch AFTER DELETE ON vehicles REFERENCING OLD TABLE AS gone
          FOR EACH STATEMENT EXECUTE FUNCTION count_batch();`,
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  await expect(fix(orchard)).resolves.toMatchObject([
    { orphanKeys: 2998, orphanRows: 5498, fixedRows: 5498, leftRows: 0 },
  ]);
  await expect(orchard.at('app').list('SELECT user_id FROM vehicles ORDER BY 1')).resolves.toEqual([1, 2]);
  // a place can be that of a row in either partition, so a batch can be twice as large as it was meant to be
  const sizes = (await orchard.at('app').list('SELECT rows::int FROM batches')) as number[];
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2000);
});

test('a user who is being inserted when a batch begins is waited for, and its vehicle stays', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: 'CREATE TABLE vehicles (user_id int); INSERT INTO vehicles VALUES (3);',
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  const shared = orchard.at('shared');
  await shared.query('BEGIN');
  await shared.query('INSERT INTO users VALUES (3)');
  const fixing = fix(orchard);
  await expect(waitsForLock(orchard)).resolves.toBe(true);
  await shared.query('COMMIT');
  await expect(fixing).resolves.toMatchObject([{ fixedRows: 0, leftRows: 0 }]);
  await expect(orchard.at('app').list('SELECT user_id FROM vehicles')).resolves.toEqual([3]);
});

test('a foreign key inside the database that holds a row is REFERENCE_FAILED, in the server’s words', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: `CREATE TABLE vehicles (id int PRIMARY KEY, user_id int); INSERT INTO vehicles VALUES (1, 3);
            CREATE TABLE trips (vehicle_id int CONSTRAINT trips_vehicle_fkey REFERENCES vehicles); INSERT INTO trips VALUES (1);`,
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  await expect(fix(orchard)).rejects.toMatchObject({
    code: 'REFERENCE_FAILED',
    message: expect.stringMatching(
      /^could not delete rows of vehicles of app: update or delete on table "vehicles" violates .*"trips_vehicle_fkey" on table "trips" \(Key \(id\)=\(1\) is/,
    ) as string,
    hint: 'declare that foreign key ON DELETE CASCADE or SET NULL, or delete its rows first; then run the command again',
  });
});

test('a trigger that keeps rows does not keep the run from ending, and they are said to be left', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: `CREATE TABLE vehicles (user_id int); INSERT INTO vehicles VALUES (3), (4);
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER keep BEFORE DELETE ON vehicles FOR EACH ROW WHEN (OLD.user_id = 3) EXECUTE FUNCTION keep();`,
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  await expect(fix(orchard)).resolves.toMatchObject([{ orphanRows: 2, fixedRows: 1, leftKeys: 1, leftRows: 1 }]);
});

test('it is refused in production and on a protected database, unless they are named', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: 'CREATE TABLE vehicles (user_id int); INSERT INTO vehicles VALUES (3);',
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  const { access, references } = orchard;
  await orchard.at('app').query('UPDATE atriz.identity SET protected = true');
  await expect(fix(orchard)).rejects.toMatchObject({
    code: 'DESTRUCTIVE_REFUSED',
    message: expect.stringContaining('refused to fix references of') as string,
  });
  await expect(checkReferences(references, access)).resolves.toMatchObject([{ result: { orphanRows: 1 } }]);
  const allowing = { ...access, contextFor: () => ({ allowDestructive: 'shared, app' }) };
  await expect(checkReferences(references, allowing, { fix: true })).resolves.toMatchObject([
    { result: { fixedRows: 1 } },
  ]);
});

async function waitsForLock(orchard: Orchard): Promise<boolean> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const rows = await orchard.at('app').query(
      `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE NOT granted AND datname = '${orchard.at('shared').target.parameters.database}'`,
    );
    if (rows.length > 0) return true;
    await wait(10);
  }
  return false;
}
