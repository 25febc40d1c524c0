import { join } from 'node:path';
import { runSeeds } from '@atriz/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStock } from '../test/products.ts';
import { openSharedTestDatabase, openTestDatabase, type TestDatabase } from '../test/database.ts';

const directory = join(import.meta.dirname, '../seeds');
const TABLES = ['products', 'inventory', 'stock_movements', 'sales', 'sale_items'];
let test: TestDatabase;

beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test[Symbol.asyncDispose]());

async function readEverything(): Promise<unknown[][]> {
  return Promise.all(TABLES.map(async (table) => (await test.owner.query(`SELECT * FROM ${table} ORDER BY 1`)).rows));
}

describe('the seeds of PShop', () => {
  it('leave the stock that deliveries less sales come to', async () => {
    await runSeeds(test.owner.pool, { directory });
    expect(await readStock(test.owner)).toStrictEqual([
      'Canvas bag 39 39',
      'Cap, black 25 25',
      'Desk lamp 11 11',
      'Mug, white 88 88',
      'Notebook A5 116 116',
      'Pen, blue 489 489',
      'Stickers, sheet of ten 200 200',
      'T-shirt, M 45 45',
      'Thank-you card 299 299',
      'USB-C cable, 1 m 80 80',
      'Umbrella 10 10',
      'Water bottle, 500 ml 60 60',
    ]);
  });

  it('change nothing when they run again', async () => {
    await runSeeds(test.owner.pool, { directory });
    const before = await readEverything();
    expect(before.map((rows) => rows.length)).toStrictEqual([12, 12, 19, 3, 7]);
    await runSeeds(test.owner.pool, { directory });
    expect(await readEverything()).toStrictEqual(before);
  });

  it('name users of core only', async () => {
    await using shared = await openSharedTestDatabase();
    await runSeeds(shared.owner.pool, { directory: join(import.meta.dirname, '../../../packages/core/seeds') });
    await runSeeds(test.owner.pool, { directory });
    const { rows } = await test.owner.query<{ id: string }>(
      'SELECT user_id AS id FROM sales UNION SELECT user_id FROM stock_movements WHERE user_id IS NOT NULL',
    );
    expect(rows.length).toBe(3);
    const { rowCount } = await shared.owner.query('SELECT 1 FROM users WHERE id = ANY ($1)', [
      rows.map(({ id }) => id),
    ]);
    expect(rowCount).toBe(3);
  });

  it('make nothing in production', async () => {
    await runSeeds(test.owner.pool, { directory, environment: 'production' });
    expect(await readEverything()).toStrictEqual([[], [], [], [], []]);
  });
});
