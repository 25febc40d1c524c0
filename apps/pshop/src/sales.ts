import { AtrizError, withTransaction, type DatabasePool } from '@atriz/database';
import { toCents } from './cents.ts';

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
    const products = await client.query<{ id: string; priceCents: string }>(
      'SELECT id, price_cents AS "priceCents" FROM products WHERE id = ANY ($1) AND retired_at IS NULL',
      [lines.map(({ productId }) => productId)],
    );
    const pricesCents = priceLines(
      lines,
      new Map(products.rows.map(({ id, priceCents }) => [id, toCents(priceCents)])),
    );
    const totalCents = lines.reduce((sum, { quantity }, index) => sum + quantity * pricesCents[index]!, 0);

    const sale = await client.query<{ id: string }>(
      'INSERT INTO sales (user_id, total_cents, payment_method) VALUES ($1, $2, $3) RETURNING id',
      [userId, totalCents, paymentMethod],
    );
    const id = sale.rows[0]!.id;
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
  const { rows } = await db.query<{ total: string }>(
    `SELECT coalesce(sum(total_cents), 0) AS total
     FROM sales
     WHERE user_id = $1 AND sold_at >= $2 AND sold_at < $3`,
    [userId, from, until],
  );
  return toCents(rows[0]!.total);
}
