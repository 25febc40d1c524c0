import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPlantation, type Plantation } from '../../test/plantation.ts';
import { checkIdentity, createLedger, isToBeNamed, readIdentity } from './identity.ts';

let plants: Plantation;
beforeAll(async () => {
  plants = await openPlantation();
});
afterAll(() => plants[Symbol.asyncDispose]());
beforeEach(() => plants.query('DROP SCHEMA IF EXISTS atriz CASCADE'));

test('a database without a ledger has no identity', async () => {
  await expect(readIdentity(plants.client)).resolves.toBeUndefined();
});

test('the ledger is made with the identity of the target, outside production unprotected', async () => {
  await createLedger(plants.client, plants.target);
  await expect(readIdentity(plants.client)).resolves.toEqual({
    family: 'plantation',
    definition: 'plants',
    environment: 'development',
    protected: false,
    since: expect.any(Date) as Date,
  });
  await expect(
    plants.list(
      `SELECT relname::text FROM pg_class WHERE relnamespace = 'atriz'::regnamespace AND relkind = 'r' ORDER BY 1`,
    ),
  ).resolves.toEqual(['identity', 'migrations', 'reference_checks', 'runs', 'seeds', 'unfinished_migrations']);
});

test('a database that is first migrated in production is protected', async () => {
  await createLedger(plants.client, { ...plants.target, environment: 'production' });
  await expect(readIdentity(plants.client)).resolves.toMatchObject({ environment: 'production', protected: true });
});

test('making the ledger again changes nothing, whoever does it', async () => {
  await createLedger(plants.client, plants.target);
  await plants.query(`INSERT INTO atriz.migrations VALUES ('1_a', 'sum', now(), 1, '0')`);
  const before = await plants.query('SELECT * FROM atriz.identity');
  await createLedger(plants.client, { ...plants.target, family: 'zoo', environment: 'production' });
  await expect(plants.query('SELECT * FROM atriz.identity')).resolves.toEqual(before);
  await expect(plants.list('SELECT name FROM atriz.migrations')).resolves.toEqual(['1_a']);
});

test('the identity is one row, and every table of the ledger says what it is for', async () => {
  await createLedger(plants.client, plants.target);
  await expect(
    plants.query(
      `INSERT INTO atriz.identity SELECT false, family, definition, environment, protected FROM atriz.identity`,
    ),
  ).rejects.toMatchObject({ code: '23514', constraint: 'identity_one_row' });
  await expect(
    plants.list(`SELECT relname::text FROM pg_class WHERE relnamespace = 'atriz'::regnamespace AND relkind = 'r'
                    AND obj_description(oid, 'pg_class') IS NULL`),
  ).resolves.toEqual([]);
});

test('an error other than a missing ledger is not taken for one', async () => {
  await plants.query('CREATE SCHEMA atriz; CREATE TABLE atriz.identity (other int)');
  await expect(readIdentity(plants.client)).rejects.toMatchObject({ code: '42703' });
});

test('an instance is told which one it is, and refuses to be taken for another', async () => {
  const acme = { ...plants.target, instance: 'acme' };
  await createLedger(plants.client, acme);
  const identity = (await readIdentity(plants.client))!;
  expect(identity.instance).toBe('acme');
  expect(() => checkIdentity(identity, acme)).not.toThrow();
  for (const [target, wanted] of [
    [{ ...plants.target, instance: 'globex' }, 'instance globex of plants of family plantation'],
    [plants.target, 'plants of family plantation'],
  ] as const) {
    expect(() => checkIdentity(identity, target)).toThrow(
      expect.objectContaining({
        code: 'IDENTITY_MISMATCH',
        message: expect.stringMatching(new RegExp(` is instance acme of plants of family plantation, not ${wanted}$`)),
      }),
    );
  }
});

test('a database that was never told which instance it is is told the next time', async () => {
  await createLedger(plants.client, plants.target);
  await plants.query('ALTER TABLE atriz.identity DROP COLUMN instance');
  const acme = { ...plants.target, instance: 'acme' };
  const before = (await readIdentity(plants.client))!;
  expect(before.instance).toBeUndefined();
  expect(() => checkIdentity(before, acme)).not.toThrow();
  expect(isToBeNamed(before, acme)).toBe(true);
  await createLedger(plants.client, acme);
  const after = (await readIdentity(plants.client))!;
  expect({ ...after, since: before.since }).toEqual({ ...before, instance: 'acme' });
  expect(isToBeNamed(after, acme)).toBe(false);
});
