import { withUser } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { insertProducts, moveStock, MUG, PEN, readStock } from '../test/products.ts';
import { MANAGER, managerAt, OTHER_SELLER, SELLER, sellerAt } from '../test/tills.ts';
import { checkOut } from './checkout.ts';
import { listRefunds, planRefund, refundSale, type RefundLine } from './refunds.ts';
import { readSale, type Sale } from './sales.ts';
import type { Till } from './till.ts';

let test: TestDatabase;
let sale: Sale;

beforeAll(async () => {
  test = await openTestDatabase();
});
beforeEach(async () => {
  await test.owner.query('TRUNCATE products, sales, idempotency_keys CASCADE');
  await insertProducts(test.owner);
  await moveStock(test.owner, MUG, 3);
  await moveStock(test.owner, PEN, 50);
  sale = await checkOut(sellerAt(test.db), {
    paymentMethod: 'cash',
    lines: [
      { productId: MUG, quantity: 2 },
      { productId: PEN, quantity: 10 },
    ],
  });
});
afterAll(() => test[Symbol.asyncDispose]());

const refund = (till: Till, lines?: readonly RefundLine[], idempotencyKey?: string) =>
  refundSale(till, { saleId: sale.id, reason: '', lines, idempotencyKey });

async function makeSaleOld(): Promise<void> {
  await test.owner.query(`UPDATE sales SET sold_at = now() - interval '25 hours'`);
}

describe('a refund', () => {
  it('gives back the price of the sale, whatever the price is by now, and puts the pieces back in stock', async () => {
    await test.owner.query('UPDATE products SET price_cents = 1 WHERE id = $1', [PEN]);
    const lines = [{ lineNumber: 2, quantity: 4 }];
    expect(await refund(sellerAt(test.db), lines)).toMatchObject({
      saleId: sale.id,
      userId: SELLER,
      totalCents: 720,
      lines,
    });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1', 'Pen 44 44']);
    expect(await readSale(sellerAt(test.db), sale.id)).toMatchObject({
      totalCents: 3700,
      refundedCents: 720,
      lines: [{ refundedQuantity: 0 }, { refundedQuantity: 4 }],
    });
  });

  it('is of all that is left when nothing else is said, and then of nothing more', async () => {
    await refund(sellerAt(test.db), [{ lineNumber: 1, quantity: 1 }]);
    expect(await refund(sellerAt(test.db))).toMatchObject({
      totalCents: 2750,
      lines: [
        { lineNumber: 1, quantity: 1 },
        { lineNumber: 2, quantity: 10 },
      ],
    });
    await expect(refund(sellerAt(test.db))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `all of sale ${sale.id} was refunded before`,
    });
    expect(await listRefunds(sellerAt(test.db), sale.id)).toMatchObject([{ totalCents: 950 }, { totalCents: 2750 }]);
    expect(await readStock(test.owner)).toStrictEqual(['Mug 3 3', 'Pen 50 50']);
  });

  it('is never of more than was sold', async () => {
    await refund(sellerAt(test.db), [{ lineNumber: 2, quantity: 4 }]);
    await expect(refund(sellerAt(test.db), [{ lineNumber: 2, quantity: 7 }])).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `of line 2 of sale ${sale.id}, 6 may be refunded, not 7`,
    });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 1 1', 'Pen 44 44']);
  });

  it('is given once when many give it at once', async () => {
    const given = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => refund(index % 2 ? sellerAt(test.db) : managerAt(test.db))),
    );
    expect(given.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    const reasons = given.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
    expect(new Set(reasons)).toStrictEqual(new Set(['CONFLICT']));
    expect(await readStock(test.owner)).toStrictEqual(['Mug 3 3', 'Pen 50 50']);
  });

  it('is given once for a key, and answered alike', async () => {
    const lines = [{ lineNumber: 1, quantity: 1 }];
    const given = await Promise.all(Array.from({ length: 5 }, () => refund(sellerAt(test.db), lines, 'r-1')));
    expect(new Set(given.map(({ id }) => id)).size).toBe(1);
    expect(await refund(sellerAt(test.db), lines, 'r-1')).toStrictEqual(given[0]);
    await expect(refund(sellerAt(test.db), undefined, 'r-1')).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect(await readStock(test.owner)).toStrictEqual(['Mug 2 2', 'Pen 40 40']);
  });

  it('is given by who sold for a day, and by a manager at any time', async () => {
    await makeSaleOld();
    await expect(refund(sellerAt(test.db))).rejects.toMatchObject({ code: 'ROLE_MISSING' });
    expect(await refund(managerAt(test.db))).toMatchObject({ userId: MANAGER, totalCents: 3700 });
  });

  it('is none of the business of who did not sell', async () => {
    await refund(sellerAt(test.db), [{ lineNumber: 1, quantity: 1 }]);
    await expect(refund(sellerAt(test.db, OTHER_SELLER))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(listRefunds(sellerAt(test.db, OTHER_SELLER), sale.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the database itself', () => {
  const INSERT_REFUND = 'INSERT INTO refunds (id, sale_id, user_id) VALUES ($1, $1, $2)';
  const INSERT_ITEM = 'INSERT INTO refund_items (refund_id, sale_item_id, quantity) SELECT $1, id, $2 FROM sale_items';

  it('refuses more pieces than were sold', async () => {
    const written = withUser(test.db.pool, SELLER, async (client) => {
      await client.query(INSERT_REFUND, [sale.id, SELLER]);
      await client.query(INSERT_ITEM, [sale.id, 3]);
    });
    await expect(written).rejects.toMatchObject({ constraint: 'sale_items_refunded_quantity_check' });
  });

  it('refuses a line of another sale', async () => {
    const other = await checkOut(sellerAt(test.db), {
      paymentMethod: 'cash',
      lines: [{ productId: PEN, quantity: 1 }],
    });
    const written = withUser(test.db.pool, SELLER, async (client) => {
      await client.query('INSERT INTO refunds (id, sale_id, user_id) VALUES ($1, $1, $2)', [other.id, SELLER]);
      await client.query(INSERT_ITEM, [other.id, 1]);
    });
    await expect(written).rejects.toMatchObject({ code: '23503', constraint: 'refund_items_sale_item_id_fkey' });
  });

  it('refuses a late refund of who sold', async () => {
    await makeSaleOld();
    const written = withUser(test.db.pool, SELLER, (client) => client.query(INSERT_REFUND, [sale.id, SELLER]));
    await expect(written).rejects.toMatchObject({ code: '42501' });
  });

  it.each([
    'UPDATE refunds SET reason = $$x$$',
    'DELETE FROM refunds',
    'UPDATE refund_items SET quantity = 1',
    'DELETE FROM refund_items',
  ])('keeps refunds append-only, for its owner too: %s', async (statement) => {
    await refund(sellerAt(test.db));
    await expect(test.owner.query(statement)).rejects.toMatchObject({ code: '23001' });
  });

  it.each(['sales', 'sale_items', 'stock_movements', 'refunds', 'refund_items', 'idempotency_keys', 'products'])(
    'lets the service delete no row of %s',
    async (table) => {
      await expect(test.db.query(`DELETE FROM ${table}`)).rejects.toMatchObject({ code: '42501' });
    },
  );
});

describe('planRefund', () => {
  const line = { productId: MUG, unitPriceCents: 950, lineTotalCents: 1900 };
  const of = {
    id: 'S',
    lines: [
      { ...line, lineNumber: 1, quantity: 2, refundedQuantity: 1 },
      { ...line, lineNumber: 2, quantity: 2, refundedQuantity: 2 },
    ],
  };

  it.each<[readonly RefundLine[] | undefined, RefundLine[]]>([
    [undefined, [{ lineNumber: 1, quantity: 1 }]],
    [[{ lineNumber: 1, quantity: 1 }], [{ lineNumber: 1, quantity: 1 }]],
  ])('takes %j', (asked, planned) => {
    expect(planRefund(of, asked)).toStrictEqual(planned);
  });

  it.each([
    [[{ lineNumber: 3, quantity: 1 }], 'sale S has no line 3'],
    [[{ lineNumber: 2, quantity: 1 }], 'of line 2 of sale S, 0 may be refunded, not 1'],
  ])('refuses %j', (asked, message) => {
    expect(() => planRefund(of, asked)).toThrow(message);
  });
});
