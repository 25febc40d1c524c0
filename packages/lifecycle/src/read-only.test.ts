import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlantation, type Plantation } from '../test/plantation.ts';
import { withReadOnly } from './read-only.ts';

let plants: Plantation;
beforeAll(async () => {
  plants = await openPlantation();
  await plants.query('CREATE TABLE plants (name text)');
});
afterAll(() => plants[Symbol.asyncDispose]());

test('what is read is one moment’s; the transaction ends, whatever happens', async () => {
  const count = 'SELECT count(*)::int AS count FROM plants';
  const seen = await withReadOnly(plants.client, async (client) => {
    const [{ count: before }] = (await client.query(count)).rows;
    const [{ level }] = (await client.query(`SELECT current_setting('transaction_isolation') AS level`)).rows;
    return { before, level };
  });
  expect(seen).toEqual({ before: 0, level: 'repeatable read' });
  await expect(plants.list(`SELECT current_setting('transaction_read_only')`)).resolves.toEqual(['off']);
});

test('nothing can be written, and what fails fails alone, also of several asked at once', async () => {
  const outcomes = await withReadOnly(plants.client, (client) =>
    Promise.allSettled(
      [`INSERT INTO plants VALUES ('oak')`, 'SELECT 1 AS one', 'SELECT * FROM weeds', 'SELECT 2 AS two'].map((text) =>
        client.query(text),
      ),
    ),
  );
  expect(
    outcomes.map((each) => (each.status === 'fulfilled' ? each.value.rows : (each.reason as { code: string }).code)),
  ).toEqual(['25006', [{ one: 1 }], '42P01', [{ two: 2 }]]);
  await expect(plants.list('SELECT name FROM plants')).resolves.toEqual([]);
});

test('an error of the work itself goes through', async () => {
  await expect(
    withReadOnly(plants.client, async () => {
      throw new Error('rotten');
    }),
  ).rejects.toThrow('rotten');
  await expect(plants.list('SELECT 1')).resolves.toEqual([1]);
});
