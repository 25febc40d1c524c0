import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import { withSavepoint } from './transaction.ts';
import { withUser } from './user.ts';

const ANNA = '6f1c2f0a-7a51-4d6e-9c55-0d5a4d1f2b01';
const BRUNO = '0a4cf5f2-64b1-4a0e-8a52-97a1d2c3e402';

/** As the applications' databases have them. */
const FUNCTIONS = `
CREATE FUNCTION current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('atriz.user_id', true), '')::uuid;
CREATE FUNCTION current_user_has_role(role text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(role = ANY (string_to_array(current_setting('atriz.user_roles', true), ',')), false)`;

const WHO = `SELECT current_user_id() AS id, current_user_has_role('admin') AS admin, current_user_has_role('member') AS member`;

let database: EmptyDatabase;
beforeAll(async () => {
  database = await openEmptyDatabase();
  await database.db.query(FUNCTIONS);
  await database.db.query('CREATE TABLE visits (user_id uuid)');
});
afterAll(() => database.drop());

test('the transaction works for the user, with the roles that were given and no other', async () => {
  const { rows } = await withUser(database.db.pool, ANNA, (client) => client.query(WHO), {
    roles: ['manager', 'member'],
  });
  expect(rows).toEqual([{ id: ANNA, admin: false, member: true }]);
});

test('without roles the user holds none', async () => {
  const { rows } = await withUser(database.db.pool, ANNA, (client) => client.query(WHO));
  expect(rows).toEqual([{ id: ANNA, admin: false, member: false }]);
});

test.each([
  ['committed', false],
  ['rolled back', true],
])('the connection carries nobody on once the transaction was %s', async (_, fails) => {
  await using db = database.openPool({ max: 1 });
  const visit = withUser(
    db.pool,
    ANNA,
    (client) => client.query(fails ? 'SELECT 1 / 0' : 'INSERT INTO visits VALUES (current_user_id())'),
    { roles: ['admin'] },
  );
  await Promise.allSettled([visit]);
  const { rows } = await db.query(
    `${WHO}, current_setting('atriz.user_id', true) AS set_id, current_setting('atriz.user_roles', true) AS set_roles`,
  );
  expect(rows).toEqual([{ id: null, admin: false, member: false, set_id: '', set_roles: '' }]);
});

test('a savepoint that is undone leaves the user in place', async () => {
  const { rows } = await withUser(database.db.pool, ANNA, async (client) => {
    await withSavepoint(client, () => client.query('SELECT 1 / 0')).catch(() => undefined);
    return client.query(WHO);
  });
  expect(rows).toEqual([{ id: ANNA, admin: false, member: false }]);
});

test('every attempt works for the user, isolation and access mode are as asked', async () => {
  const seen: unknown[] = [];
  const failing = withUser(
    database.db.pool,
    BRUNO,
    async (client) => {
      const { rows } = await client.query(
        `SELECT current_user_id() AS id, current_setting('transaction_isolation') AS isolation,
                current_setting('transaction_read_only') AS read_only`,
      );
      seen.push(rows[0]);
      await client.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
    },
    { isolation: 'serializable', readOnly: true, retries: 2 },
  );
  await expect(failing).rejects.toMatchObject({ code: '40001' });
  const one = { id: BRUNO, isolation: 'serializable', read_only: 'on' };
  expect(seen).toEqual([one, one, one]);
});

test('the user comes with BEGIN: one message before work, one after it', async () => {
  const sent: string[] = [];
  await using db = database.openPool({ max: 1 });
  db.pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    client.query = ((...parameters: unknown[]) => {
      sent.push(String(parameters[0]));
      return query(...parameters);
    }) as typeof client.query;
  });
  await withUser(db.pool, ANNA, async () => undefined, { roles: ['admin', 'member'] });
  expect(sent).toEqual([
    `BEGIN; SET LOCAL atriz.user_id = '${ANNA}'; SET LOCAL atriz.user_roles = 'admin,member'`,
    'COMMIT',
  ]);
});

test.each(['', 'anna', `${ANNA}'; DROP TABLE visits; --`, `${ANNA}\n`, ANNA.replaceAll('-', '')])(
  'the id %j is refused before a connection is taken',
  async (id) => {
    await using db = database.openPool();
    await expect(withUser(db.pool, id, async () => undefined)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(db.pool.totalCount).toBe(0);
  },
);

test.each(['', 'Admin', 'member,admin', `x'`, 'a b', 'a'.repeat(64)])('the role %j is refused', async (role) => {
  await expect(
    withUser(database.db.pool, ANNA, async () => undefined, { roles: ['member', role] }),
  ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});
