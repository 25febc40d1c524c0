import { AtrizError, sqlState } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { toPage, type Page } from '@atriz/http';
import type { DB } from './schema.ts';
import { atTill, readAtTill, seesAll, type Till } from './till.ts';
import { violates } from './violation.ts';

export interface NewMovements {
  readonly reason: 'receipt' | 'adjustment';
  /** Number of the delivery note, stocktake or other document. The same number moves a product once. */
  readonly reference?: string | undefined;
  /** One line for each product. */
  readonly lines: readonly { readonly productId: string; readonly quantityChange: number }[];
}

export interface StockMovement {
  /** In the order of insertion. */
  readonly id: number;
  readonly productId: string;
  readonly quantityChange: number;
  readonly reason: string;
  readonly reference: string | null;
  /** A `users.id` of atriz_shared; null when a machine moved the stock. */
  readonly userId: string | null;
  readonly createdAt: Date;
}

export interface MovementsWanted {
  readonly productId?: string | undefined;
  readonly reference?: string | undefined;
  readonly limit: number;
  /** The id of the last one of the page before. */
  readonly after?: number | undefined;
}

const FOREIGN_KEY_VIOLATION = '23503';

/**
 * Moves stock: all lines count or none. They go in by product, so that a delivery entered twice at once does not deadlock.
 *
 * Rejects with `CONFLICT` when the reference moved one of these products before, or a product does not exist;
 * `STOCK_INSUFFICIENT` when less than nothing would be left.
 */
export async function moveStock(till: Till, { reason, reference, lines }: NewMovements): Promise<StockMovement[]> {
  const rows = lines
    .map(({ productId, quantityChange }) => ({
      product_id: productId,
      quantity_change: quantityChange,
      reason,
      reference,
      user_id: till.seller.userId,
    }))
    .toSorted((a, b) => (a.product_id < b.product_id ? -1 : 1));
  try {
    return await atTill(till, async (client) => {
      await client.query(`SET LOCAL lock_timeout = '3s'`);
      const moved = await createKysely<DB>(client)
        .insertInto('stock_movements')
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(['reference', 'product_id']).where('reference', 'is not', null).doNothing(),
        )
        .returning(COLUMNS)
        .execute();
      if (moved.length < rows.length) throw new AtrizError('CONFLICT', `reference ${reference} was entered before`);
      return moved.map(toMovement);
    });
  } catch (error) {
    if (violates(error, 'inventory_quantity_check')) {
      throw new AtrizError('STOCK_INSUFFICIENT', 'there is not enough in stock to take that away', { cause: error });
    }
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    throw new AtrizError('CONFLICT', 'one of these products does not exist', { cause: error });
  }
}

/** The movements that the seller may see, newest first: their own, or all for managers and admins. */
export async function listMovements(
  till: Till,
  { productId, reference, limit, after }: MovementsWanted,
): Promise<Page<StockMovement>> {
  return readAtTill(till, async (client) => {
    let query = createKysely<DB>(client).selectFrom('stock_movements').select(COLUMNS);
    if (!seesAll(till)) query = query.where('user_id', '=', till.seller.userId);
    if (productId !== undefined) query = query.where('product_id', '=', productId);
    if (reference !== undefined) query = query.where('reference', '=', reference);
    if (after !== undefined) query = query.where('id', '<', String(after));
    const rows = await query
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    return toPage(rows.map(toMovement), limit, ({ id }) => [String(id)]);
  });
}

const COLUMNS = ['id', 'product_id', 'quantity_change', 'reason', 'reference', 'user_id', 'created_at'] as const;

function toMovement(row: {
  readonly id: string;
  readonly product_id: string;
  readonly quantity_change: string;
  readonly reason: string;
  readonly reference: string | null;
  readonly user_id: string | null;
  readonly created_at: Date;
}): StockMovement {
  return {
    id: Number(row.id),
    productId: row.product_id,
    quantityChange: Number(row.quantity_change),
    reason: row.reason,
    reference: row.reference,
    userId: row.user_id,
    createdAt: row.created_at,
  };
}
