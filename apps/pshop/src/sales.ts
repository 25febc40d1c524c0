import { AtrizError, withTransaction, type DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { toCents } from './cents.ts';
import type { DB } from './schema.ts';

export interface NewSale {
  /** A `users.id` of atriz_shared: who sells. */
  readonly userId: string;
  readonly paymentMethod: 'cash' | 'card' | 'transfer';
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[];
}

export interface RecordedSale {
  readonly id: string;
  readonly totalCents: number;
}

/**
 * Sells at today's prices: the sale, its lines and the stock that they take, all or nothing.
 *
 * Throws `ARGUMENT_INVALID` for a product that the shop does not sell, or no line at all. Rejects with 23514 and the
 * constraint `inventory_quantity_check` when there is not enough in stock: two tills cannot sell the same last piece.
 */
export async function recordSale(
  db: Pick<DatabasePool, 'pool'>,
  { userId, paymentMethod, lines }: NewSale,
): Promise<RecordedSale> {
  if (lines.length === 0) throw new AtrizError('ARGUMENT_INVALID', 'the sale has no line');
  return withTransaction(db.pool, async (client) => {
    const kysely = createKysely<DB>(client);
    const products = await kysely
      .selectFrom('products')
      .select(['id', 'price_cents as priceCents'])
      .where(
        'id',
        'in',
        lines.map(({ productId }) => productId),
      )
      .where('retired_at', 'is', null)
      .execute();
    const pricesCents = priceLines(lines, new Map(products.map(({ id, priceCents }) => [id, toCents(priceCents)])));
    const totalCents = lines.reduce((sum, { quantity }, index) => sum + quantity * pricesCents[index]!, 0);

    const { id } = await kysely
      .insertInto('sales')
      .values({ user_id: userId, total_cents: totalCents, payment_method: paymentMethod })
      .returning('id')
      .executeTakeFirstOrThrow();
    await client.query(
      `WITH sold AS (
         INSERT INTO sale_items (sale_id, line_number, product_id, quantity, unit_price_cents)
         SELECT $1, line_number, product_id, quantity, unit_price_cents
         FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
           AS line (product_id, quantity, unit_price_cents, line_number)
         RETURNING id, product_id, quantity
       )
       INSERT INTO stock_movements (product_id, quantity_change, reason, sale_item_id, user_id)
       SELECT product_id, -quantity, 'sale', id, $5 FROM sold`,
      [id, lines.map(({ productId }) => productId), lines.map(({ quantity }) => quantity), pricesCents, userId],
    );
    return { id, totalCents };
  });
}

function priceLines(lines: NewSale['lines'], pricesById: ReadonlyMap<string, number>): number[] {
  return lines.map(({ productId }) => {
    const priceCents = pricesById.get(productId);
    if (priceCents !== undefined) return priceCents;
    throw new AtrizError('ARGUMENT_INVALID', `product ${productId} is not one that the shop sells`);
  });
}

/** What a user sold from `from` until before `until`, in cents; zero when it was nothing. */
export async function readTakingsCents(
  db: Pick<DatabasePool, 'query'>,
  { userId, from, until }: { readonly userId: string; readonly from: Date; readonly until: Date },
): Promise<number> {
  const { total } = await createKysely<DB>(db)
    .selectFrom('sales')
    .select(({ fn, val }) => fn.coalesce(fn.sum<string>('total_cents'), val('0')).as('total'))
    .where('user_id', '=', userId)
    .where('sold_at', '>=', from)
    .where('sold_at', '<', until)
    .executeTakeFirstOrThrow();
  return toCents(total);
}
