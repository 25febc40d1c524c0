import { expect, test } from 'vitest';
import { openOrchard, refer, type Orchard } from '../../test/orchard.ts';
import type { FamilyAccess } from '../references/session.ts';
import { maintainDatabase, type MaintainResult } from './maintain.ts';

const SHARED = {
  sql: `CREATE TABLE users (id int PRIMARY KEY, name text);
    INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 5) n;
    CREATE TABLE friends (user_id int REFERENCES users (id)); INSERT INTO friends VALUES (4);
    CREATE TABLE leaving (who int PRIMARY KEY, state text NOT NULL DEFAULT 'requested', requested_at timestamptz DEFAULT now(),
      reason text, details jsonb NOT NULL DEFAULT '{}', finished_at timestamptz);`,
  maintenance: { deletions: { table: 'leaving', key: 'who', target: 'users.id' } },
};
const APP = {
  sql: `CREATE TABLE vehicles (user_id int); INSERT INTO vehicles SELECT 1 FROM generate_series(1, 3);
    CREATE TABLE notes (user_id int); INSERT INTO notes VALUES (1), (3);
    CREATE TABLE sales (user_id int); INSERT INTO sales VALUES (2), (2);`,
  references: [
    refer('vehicles.user_id', 'shared.users.id'),
    refer('notes.user_id', 'shared.users.id', 'set null'),
    refer('sales.user_id', 'shared.users.id', 'restrict'),
  ],
};

function maintain(orchard: Orchard, access: FamilyAccess = orchard.access): Promise<MaintainResult> {
  return maintainDatabase(orchard.at('shared').target, { family: orchard, access });
}

const readRequests = (orchard: Orchard): Promise<object[]> =>
  orchard
    .at('shared')
    .query('SELECT who, state, reason, details, finished_at IS NOT NULL AS finished FROM leaving ORDER BY who');

test('what is asked for is done over all databases, or refused with the reason; both are written down', async () => {
  await using orchard = await openOrchard({ shared: SHARED, app: APP });
  const { query, list } = orchard.at('shared');
  await query('INSERT INTO leaving (who) VALUES (1), (2), (4), (9)');
  const restricted = 'shared.users.id 2 is referred to by 2 rows of app.sales.user_id; nothing was changed';
  const failed = expect.stringMatching(/^could not delete rows of users of shared: .*friends/) as string;
  const changed = { 'app.vehicles.user_id': 3, 'app.notes.user_id': 1 };
  const { deletions } = await maintain(orchard);
  expect(deletions).toEqual([
    { key: '1', state: 'done', changed },
    { key: '2', state: 'refused', reason: restricted },
    { key: '4', state: 'refused', reason: failed },
    { key: '9', state: 'done', changed: {} },
  ]);
  await expect(readRequests(orchard)).resolves.toEqual([
    { who: 1, state: 'done', reason: null, details: changed, finished: true },
    { who: 2, state: 'refused', reason: restricted, details: {}, finished: true },
    { who: 4, state: 'refused', reason: failed, details: {}, finished: true },
    { who: 9, state: 'done', reason: null, details: {}, finished: true },
  ]);
  await expect(list('SELECT id FROM users ORDER BY id')).resolves.toEqual([2, 3, 4, 5]);
  await expect(orchard.at('app').list('SELECT user_id FROM notes ORDER BY 1')).resolves.toEqual([3, null]);

  // once nothing stands against it any more, it is asked for again
  await orchard.at('app').query('DELETE FROM sales');
  await query(`UPDATE leaving SET state = 'requested', reason = NULL, finished_at = NULL WHERE who = 2`);
  await expect(maintain(orchard)).resolves.toMatchObject({ deletions: [{ key: '2', state: 'done' }] });
  await expect(maintain(orchard)).resolves.toMatchObject({ deletions: [] });
});

test('asking is the permission, in a protected database too', async () => {
  await using orchard = await openOrchard({ shared: SHARED, app: APP });
  for (const name of ['shared', 'app']) await orchard.at(name).query('UPDATE atriz.identity SET protected = true');
  await orchard.at('shared').query('INSERT INTO leaving (who) VALUES (1)');
  await expect(maintain(orchard)).resolves.toMatchObject({ deletions: [{ key: '1', state: 'done' }] });
});

test('what could not be tried stays asked for, and is done the next time', async () => {
  await using orchard = await openOrchard({ shared: SHARED, app: APP });
  const { query } = orchard.at('shared');
  await query('INSERT INTO leaving (who) VALUES (1), (3)');
  const app = orchard.at('app').target;
  const access: FamilyAccess = {
    open: async (name) =>
      name === 'app' ? { ...app, parameters: { ...app.parameters, port: 1 } } : orchard.access.open(name),
  };
  await expect(maintain(orchard, access)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  await expect(query(`SELECT FROM leaving WHERE state = 'requested'`)).resolves.toHaveLength(2);
  await expect(maintain(orchard)).resolves.toMatchObject({ deletions: [{ key: '1' }, { key: '3' }] });
});

test('what the login may not do is no reason against it: it stays asked for, and the others are done', async () => {
  const sql = `${APP.sql} CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE 'permission denied' USING ERRCODE = '42501'; END $$;
    CREATE TRIGGER refuse BEFORE DELETE ON vehicles FOR EACH ROW EXECUTE FUNCTION refuse();`;
  await using orchard = await openOrchard({ shared: SHARED, app: { ...APP, sql } });
  await orchard.at('shared').query('INSERT INTO leaving (who) VALUES (1), (3)');
  await expect(maintain(orchard)).rejects.toMatchObject({ code: 'REFERENCE_FAILED' });
  await expect(readRequests(orchard)).resolves.toMatchObject([
    { who: 1, state: 'requested' },
    { who: 3, state: 'done' },
  ]);
});

test('a deletion that was finished and not yet written down is, with what it did', async () => {
  await using orchard = await openOrchard({ shared: SHARED, app: APP });
  const { query } = orchard.at('shared');
  await query('INSERT INTO leaving (who) VALUES (1)');
  await maintain(orchard);
  await query(`UPDATE leaving SET state = 'requested', details = '{}', finished_at = NULL`);
  await maintain(orchard);
  await expect(readRequests(orchard)).resolves.toMatchObject([
    { who: 1, state: 'done', details: { 'app.vehicles.user_id': 3, 'app.notes.user_id': 1 } },
  ]);
});
