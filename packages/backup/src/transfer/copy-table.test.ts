import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { copyTable } from './copy-table.ts';

/** A database as it was saved, and the live one beside it, which has moved on. */
const TABLES = `
CREATE TABLE cities (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE "Cust omers" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  city_id integer NOT NULL REFERENCES cities,
  "select" text NOT NULL,
  cents bigint NOT NULL DEFAULT 0,
  twice bigint GENERATED ALWAYS AS (cents * 2) STORED
);
CREATE TABLE orders (
  id integer PRIMARY KEY,
  customer_id bigint NOT NULL CONSTRAINT orders_customer_fkey REFERENCES "Cust omers" ON DELETE CASCADE DEFERRABLE
);
COMMENT ON CONSTRAINT orders_customer_fkey ON orders IS 'who ordered';
CREATE TABLE log (what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR DELETE OR TRUNCATE ON "Cust omers" EXECUTE FUNCTION note();
ALTER TABLE "Cust omers" ENABLE ALWAYS TRIGGER note;
INSERT INTO cities VALUES (1, 'Bern'), (2, 'Genève');
INSERT INTO "Cust omers" (city_id, "select", cents) VALUES (1, 'Anna', 100), (2, E'tab\\t, NULL \\\\N', 250), (1, '', 0);
CREATE TABLE events (at date NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO events VALUES ('2025-05-05', 'old'), ('2026-06-06', 'new');`;

const CUSTOMERS = { schema: 'public', name: 'Cust omers' };

let family: TestFamily;
let [saved, live] = ['', ''];

beforeAll(async () => {
  family = await openTestFamily({ people: 1 });
  ({ people: saved, shops: live } = family.names);
  for (const name of [saved, live]) await family.query(name, TABLES);
});
afterAll(() => family[Symbol.asyncDispose]());

const copy = (options: Partial<Parameters<typeof copyTable>[0]> = {}) =>
  copyTable({ from: family.target(saved), to: family.target(live), table: CUSTOMERS, context: {}, ...options });

const customers = (name: string, table = '"Cust omers"') =>
  family.query(name, `SELECT id::int, city_id, "select", twice::int FROM ${table} ORDER BY id`);

const SAVED = [
  { id: 1, city_id: 1, select: 'Anna', twice: 200 },
  { id: 2, city_id: 2, select: 'tab\t, NULL \\N', twice: 500 },
  { id: 3, city_id: 1, select: '', twice: 0 },
];

test('rows that were deleted come back in place, without a trigger, and numbers go on where the live table is', async () => {
  await family.query(live, `INSERT INTO orders VALUES (1, 1)`);
  await family.query(live, `INSERT INTO "Cust omers" (city_id, "select") VALUES (1, 'newer')`);
  await family.query(live, `DELETE FROM "Cust omers" WHERE id > 1; TRUNCATE log`);
  expect(await copy()).toEqual({ rows: 3, replaced: 1 });
  expect(await customers(live)).toEqual(SAVED);
  expect(await family.query(live, 'SELECT * FROM log')).toEqual([]);
  expect(await family.query(live, 'SELECT id FROM orders')).toEqual([{ id: 1 }]);
  const next = await family.query(
    live,
    `INSERT INTO "Cust omers" (city_id, "select") VALUES (1, 'next') RETURNING id::int`,
  );
  expect(next).toEqual([{ id: 5 }]);
  expect(await family.query(live, 'SELECT what FROM log')).toEqual([{ what: 'INSERT' }]);
  const keys = await family.query(
    live,
    `SELECT tgenabled, pg_get_constraintdef(pg_constraint.oid) AS definition, obj_description(pg_constraint.oid) AS comment
       FROM pg_constraint, pg_trigger WHERE conname = 'orders_customer_fkey' AND tgname = 'note'`,
  );
  expect(keys).toEqual([
    {
      tgenabled: 'A',
      definition: 'FOREIGN KEY (customer_id) REFERENCES "Cust omers"(id) ON DELETE CASCADE DEFERRABLE',
      comment: 'who ordered',
    },
  ]);
});

test('a row elsewhere that would lose the one it refers to blocks the copy, and nothing is changed', async () => {
  const [added] = await family.query<{ id: number }>(
    live,
    `INSERT INTO "Cust omers" (city_id, "select") VALUES (1, 'ordered since') RETURNING id::int`,
  );
  await family.query(live, `INSERT INTO orders VALUES (2, ${added!.id})`);
  const before = await customers(live);
  await expect(copy()).rejects.toMatchObject({
    code: 'RESTORE_BLOCKED',
    message: `the foreign key orders_customer_fkey of public.orders does not hold with the set's rows: Key (customer_id)=(${added!.id}) is not present in table "Cust omers".`,
  });
  expect(await customers(live)).toEqual(before);
  await family.query(live, 'DELETE FROM orders WHERE id = 2');
});

test('a row of the set that refers to one that is gone blocks it too', async () => {
  await family.query(live, `DELETE FROM orders; DELETE FROM "Cust omers"; DELETE FROM cities WHERE id = 2`);
  await expect(copy()).rejects.toMatchObject({ code: 'RESTORE_BLOCKED' });
  expect(await customers(live)).toEqual([]);
  await family.query(live, `INSERT INTO cities VALUES (2, 'Genève')`);
});

test('rows go into a new table beside the live one, with its columns, indexes and checks', async () => {
  expect(await copy({ as: 'Cust omers then' })).toEqual({ rows: 3, replaced: 0 });
  expect(await customers(live, '"Cust omers then"')).toEqual(SAVED);
  const next = await family.query(
    live,
    `INSERT INTO "Cust omers then" (city_id, "select") VALUES (1, 'next') RETURNING id::int`,
  );
  expect(next).toEqual([{ id: 4 }]);
  await expect(copy({ as: 'Cust omers then' })).rejects.toMatchObject({ code: 'RESTORE_BLOCKED' });
});

test('a partitioned table is copied as one', async () => {
  const table = { schema: 'public', name: 'events' };
  await family.query(live, 'DELETE FROM events');
  expect(await copy({ table })).toEqual({ rows: 2, replaced: 0 });
  expect(await family.query(live, 'SELECT note FROM events_2026')).toEqual([{ note: 'new' }]);
  expect(await copy({ table, as: 'events_then' })).toEqual({ rows: 2, replaced: 0 });
});

test('columns that came since get their defaults; one that is gone, or is of another type, blocks the copy', async () => {
  const table = { schema: 'public', name: 'cities' };
  await family.query(live, `ALTER TABLE cities ADD COLUMN country text NOT NULL DEFAULT 'CH'`);
  await copy({ table });
  expect(await family.query(live, 'SELECT country FROM cities')).toEqual([{ country: 'CH' }, { country: 'CH' }]);
  await family.query(live, 'ALTER TABLE cities ALTER COLUMN name TYPE varchar(100); ALTER TABLE log DROP COLUMN what');
  await expect(copy({ table })).rejects.toMatchObject({
    code: 'RESTORE_BLOCKED',
    message:
      'the rows of public.cities in the set do not fit the table as it is now: name is character varying(100) now, and was text',
  });
  await expect(copy({ table: { schema: 'public', name: 'log' } })).rejects.toMatchObject({ code: 'RESTORE_BLOCKED' });
  await expect(copy({ table: { schema: 'public', name: 'nowhere' } })).rejects.toMatchObject({
    code: 'BACKUP_UNKNOWN',
  });
});

test('a table that somebody holds is not waited for without end', async () => {
  const context = { lockWaitMs: 50 };
  const holding = family.query(live, `BEGIN; LOCK TABLE "Cust omers" IN ACCESS SHARE MODE; SELECT pg_sleep(1); COMMIT`);
  await expect
    .poll(() => family.query(live, `SELECT FROM pg_locks WHERE relation = '"Cust omers"'::regclass`))
    .toHaveLength(1);
  await expect(copy({ context })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
  await holding;
});
