import { parseColumn } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import { openOrchard, refer, type Orchard } from '../../test/orchard.ts';
import { deleteReferenced, type DeletionResult } from './deletion.ts';

const USERS = `CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);
  INSERT INTO users VALUES (1, 'ada'), (2, 'bob');`;

function remove(orchard: Orchard, key = '1', column = 'shared.users.id'): Promise<DeletionResult> {
  return deleteReferenced({ family: orchard, column: parseColumn(column), key }, orchard.access);
}

/** `deletions` of the shared database, without what differs from run to run. */
function deletions(orchard: Orchard): Promise<object[]> {
  return orchard.at('shared').query('SELECT target, key, step, changed FROM atriz.deletions ORDER BY started_at');
}

function bills(rule: 'cascade' | 'restrict') {
  return {
    shared: { sql: USERS },
    app: {
      sql: `CREATE TABLE vehicles (id bigserial PRIMARY KEY, user_id int, plate text);
            INSERT INTO vehicles (user_id, plate) SELECT 1 + n % 2, 'P' || n FROM generate_series(1, 4000) n;`,
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
    bills: {
      sql: `CREATE TABLE invoices (vehicle_id bigint); INSERT INTO invoices SELECT n FROM generate_series(1, 4000) n;
            CREATE TABLE fines (plate text); INSERT INTO fines SELECT 'P' || n FROM generate_series(1, 4000) n;`,
      references: [
        refer('invoices.vehicle_id', 'app.vehicles.id', rule),
        refer('fines.plate', 'app.vehicles.plate', 'set null'),
      ],
    },
  };
}

test('the row goes with everything that refers to it, by the rules, in any of its columns', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: `CREATE TABLE vehicles (user_id int); INSERT INTO vehicles SELECT 1 FROM generate_series(1, 2500);
        INSERT INTO vehicles VALUES (2), (NULL);
        CREATE TABLE notes (email varchar(9)); INSERT INTO notes VALUES ('ada'), ('bob'), ('ada');
        CREATE TABLE logs (user_id bigint); INSERT INTO logs VALUES (1), (1), (2);
        CREATE TABLE sales (user_id int); INSERT INTO sales VALUES (2);`,
      references: [
        refer('vehicles.user_id', 'shared.users.id'),
        refer('notes.email', 'shared.users.email', 'set null'),
        refer('logs.user_id', 'shared.users.id', 'report'),
        refer('sales.user_id', 'shared.users.id', 'restrict'),
      ],
    },
  });
  const changed = { 'app.vehicles.user_id': 2500, 'app.notes.email': 2 };
  await expect(remove(orchard, '01')).resolves.toEqual({
    deleted: true,
    resumed: false,
    changed,
    reported: { 'app.logs.user_id': 2 },
  });
  await expect(orchard.at('shared').list('SELECT id FROM users')).resolves.toEqual([2]);
  await expect(
    orchard.at('app').query(`SELECT (SELECT array_agg(user_id ORDER BY 1) FROM vehicles) AS vehicles,
      (SELECT array_agg(email::text ORDER BY 1) FROM notes) AS notes, (SELECT count(*)::int FROM logs) AS logs`),
  ).resolves.toEqual([{ vehicles: [2, null], notes: ['bob', null, null], logs: 3 }]);
  await expect(deletions(orchard)).resolves.toEqual([{ target: 'shared.users.id', key: '1', step: 'done', changed }]);

  await expect(remove(orchard)).resolves.toEqual({ deleted: false, resumed: false, changed: {}, reported: {} });
});

test('a restrict anywhere keeps everything as it is, and every one is named', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: 'CREATE TABLE vehicles (user_id int); INSERT INTO vehicles VALUES (1);',
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
    shop: {
      sql: `CREATE TABLE sales (user_id int); INSERT INTO sales VALUES (1), (1);
            CREATE TABLE stock (user_id int); INSERT INTO stock VALUES (1);`,
      references: [
        refer('sales.user_id', 'shared.users.id', 'restrict'),
        refer('stock.user_id', 'shared.users.id', 'restrict'),
      ],
    },
  });
  await expect(remove(orchard)).rejects.toMatchObject({
    code: 'REFERENCE_RESTRICTED',
    message:
      'shared.users.id 1 is referred to by 2 rows of shop.sales.user_id, 1 row of shop.stock.user_id; nothing was changed',
  });
  await expect(orchard.at('app').list('SELECT user_id FROM vehicles')).resolves.toEqual([1]);
  await expect(deletions(orchard)).resolves.toEqual([]);
});

test('what refers to rows that go along goes with them, or restricts, over three databases', async () => {
  {
    await using orchard = await openOrchard(bills('restrict'));
    await expect(remove(orchard)).rejects.toMatchObject({
      message: 'shared.users.id 1 is referred to by 2000 rows of bills.invoices.vehicle_id; nothing was changed',
    });
    await expect(orchard.at('bills').list('SELECT count(*)::int FROM fines WHERE plate IS NULL')).resolves.toEqual([0]);
  }
  await using orchard = await openOrchard(bills('cascade'));
  await expect(remove(orchard)).resolves.toMatchObject({
    changed: { 'app.vehicles.user_id': 2000, 'bills.invoices.vehicle_id': 2000, 'bills.fines.plate': 2000 },
  });
  await expect(orchard.at('app').list('SELECT DISTINCT user_id FROM vehicles')).resolves.toEqual([2]);
  await expect(
    orchard.at('bills').query(`SELECT (SELECT count(*)::int FROM invoices) AS invoices,
      (SELECT bool_and(vehicle_id % 2 = 1) FROM invoices) AS odd, (SELECT count(plate)::int FROM fines) AS fines`),
  ).resolves.toEqual([{ invoices: 2000, odd: true, fines: 2000 }]);
});

test.each([
  [
    'of an app',
    '',
    'CREATE TABLE trips (vehicle_id int REFERENCES vehicles); INSERT INTO trips VALUES (1);',
    'vehicles of app',
  ],
  [
    'of the shared database',
    'CREATE TABLE tokens (user_id int REFERENCES users); INSERT INTO tokens VALUES (1);',
    '',
    'users of shared',
  ],
  [
    'that is checked at COMMIT only',
    'CREATE TABLE tokens (user_id int REFERENCES users DEFERRABLE INITIALLY DEFERRED); INSERT INTO tokens VALUES (1);',
    '',
    'users of shared',
  ],
])('a foreign key %s that would not have it is told before anything is changed', async (_, shared, app, where) => {
  await using orchard = await openOrchard({
    shared: { sql: `${USERS} ${shared}` },
    app: {
      sql: `CREATE TABLE notes (user_id int); INSERT INTO notes VALUES (1);
            CREATE TABLE vehicles (id int PRIMARY KEY, user_id int); INSERT INTO vehicles VALUES (1, 1); ${app}`,
      references: [refer('notes.user_id', 'shared.users.id'), refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  await expect(remove(orchard)).rejects.toMatchObject({
    code: 'REFERENCE_FAILED',
    message: expect.stringContaining(`could not delete rows of ${where}: `) as string,
    cause: { code: '23503' },
  });
  await expect(orchard.at('app').list('SELECT user_id FROM notes')).resolves.toEqual([1]);
  await expect(deletions(orchard)).resolves.toEqual([]);
});

test('a protected database, one of another family, and one out of reach end it before anything is changed', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: 'CREATE TABLE vehicles (user_id int); INSERT INTO vehicles VALUES (1);',
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
    shop: {
      sql: 'CREATE TABLE sales (user_id int);',
      references: [refer('sales.user_id', 'shared.users.id', 'set null')],
    },
  });
  const { access } = orchard;
  const request = { family: orchard, column: parseColumn('shared.users.id'), key: '1' };
  await orchard.at('shop').query('UPDATE atriz.identity SET protected = true');
  await expect(remove(orchard)).rejects.toMatchObject({ code: 'DESTRUCTIVE_REFUSED' });
  await orchard.at('shop').query(`UPDATE atriz.identity SET protected = false, family = 'another'`);
  await expect(remove(orchard)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
  const away = async (name: string) => {
    const target = await access.open(name);
    return name === 'shop' ? { ...target, parameters: { ...target.parameters, port: 1 } } : target;
  };
  await expect(deleteReferenced(request, { open: away })).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  await expect(orchard.at('app').list('SELECT user_id FROM vehicles')).resolves.toEqual([1]);
  await expect(orchard.at('shared').list('SELECT id FROM users ORDER BY 1')).resolves.toEqual([1, 2]);
});

test('a key that is none, a database that is none, a column that is not unique', async () => {
  await using orchard = await openOrchard({
    shared: { sql: `${USERS} CREATE TABLE twins (id int); INSERT INTO twins VALUES (1), (1);` },
  });
  await expect(remove(orchard, 'ada')).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: '"ada" cannot be a key of shared.users.id, which is integer',
  });
  await expect(remove(orchard, '1', 'nothing.users.id')).rejects.toMatchObject({ code: 'DATABASE_UNKNOWN' });
  await expect(remove(orchard, '1', 'shared.twins.id')).rejects.toMatchObject({
    code: 'REFERENCE_INVALID',
    message: '2 rows of shared.twins.id are 1, not one',
  });
  await expect(remove(orchard, '99999999999')).resolves.toMatchObject({ deleted: false });
});

test('of eight at once one deletes, the others find nothing left to do', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: 'CREATE TABLE vehicles (user_id int); INSERT INTO vehicles SELECT 1 FROM generate_series(1, 3000);',
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
  const results = await Promise.all(Array.from({ length: 8 }, () => remove(orchard)));
  expect(results.filter(({ deleted }) => deleted)).toEqual([
    { deleted: true, resumed: false, changed: { 'app.vehicles.user_id': 3000 }, reported: {} },
  ]);
  await expect(deletions(orchard)).resolves.toHaveLength(1);
});

test('a sale made after the first look is seen by the last one: the row stays, and what was done is said', async () => {
  await using orchard = await openOrchard({
    shared: { sql: USERS },
    app: {
      sql: `CREATE TABLE vehicles (user_id int); INSERT INTO vehicles VALUES (1);
        CREATE TABLE sales (user_id int);
        CREATE FUNCTION sell() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN INSERT INTO sales VALUES (OLD.user_id); RETURN NULL; END $$;
        CREATE TRIGGER sell AFTER DELETE ON vehicles FOR EACH ROW EXECUTE FUNCTION sell();`,
      references: [refer('vehicles.user_id', 'shared.users.id'), refer('sales.user_id', 'shared.users.id', 'restrict')],
    },
  });
  await expect(remove(orchard)).rejects.toMatchObject({
    code: 'REFERENCE_RESTRICTED',
    message:
      'shared.users.id 1 is referred to by 1 row of app.sales.user_id; other rows that referred to it are dealt with already',
  });
  await expect(deletions(orchard)).resolves.toMatchObject([{ step: 'apply', changed: { 'app.vehicles.user_id': 1 } }]);
  await orchard.at('app').query('DELETE FROM sales');
  await expect(remove(orchard)).resolves.toEqual({
    deleted: true,
    resumed: true,
    changed: { 'app.vehicles.user_id': 1 },
    reported: {},
  });
});
