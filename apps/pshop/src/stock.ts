import type { DatabasePool } from '@atriz/database';

export interface Delivery {
  /** The delivery note's number. The same number moves a product once, however often it is entered. */
  readonly reference: string;
  /** A `users.id` of atriz_shared: who took it in. */
  readonly userId: string;
  /** One line for each product. */
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[];
}

/**
 * Takes a delivery in, and resolves to how many products it moved: none when it had been taken in before. All lines
 * count or none. They go in by product, so that a delivery entered twice at once does not deadlock.
 *
 * Rejects with 23503 for a product that does not exist.
 */
export async function receiveDelivery(
  db: Pick<DatabasePool, 'query'>,
  { reference, userId, lines }: Delivery,
): Promise<number> {
  const { rowCount } = await db.query(
    `INSERT INTO stock_movements (product_id, quantity_change, reason, reference, user_id)
     SELECT product_id, quantity, 'receipt', $3, $4
     FROM unnest($1::uuid[], $2::bigint[]) AS delivered (product_id, quantity)
     ORDER BY product_id
     ON CONFLICT (reference, product_id) WHERE reference IS NOT NULL DO NOTHING`,
    [lines.map(({ productId }) => productId), lines.map(({ quantity }) => quantity), reference, userId],
  );
  return rowCount ?? 0;
}
