import { randomUUID } from 'node:crypto';
import { AtrizError } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { toCents } from './cents.ts';
import { findMade, hashRequest } from './idempotency.ts';
import { readSaleIn, type Sale } from './sales.ts';
import type { DB } from './schema.ts';
import { atTill, type Till } from './till.ts';
import { violates } from './violation.ts';

export interface Cart {
  readonly paymentMethod: 'cash' | 'card' | 'transfer';
  /** At least one; a product may stand on several. */
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[];
}

export interface CheckoutOptions {
  /** The same cart with the same key is sold once, however often it is sent. */
  readonly idempotencyKey?: string | undefined;
}

/** The whole of a checkout; what it does and what it refuses is written in the migration that makes `check_out`. */
const CHECK_OUT = 'SELECT check_out($1, $2, $3, $4, $5, $6) AS prices, now() AS sold_at';

interface Checked {
  /** Cents for each line; null when the key was used before. */
  readonly prices: readonly string[] | null;
  readonly sold_at: Date;
}

/**
 * Sells a cart at today's prices: the sale, its lines and the stock that they take, all or nothing, in three round trips
 * (BEGIN, {@link CHECK_OUT}, COMMIT).
 *
 * With a key that was used for the same cart, it resolves to the sale that was made then. Rejects with `CONFLICT` for a
 * product that the shop does not sell, `STOCK_INSUFFICIENT`, `IDEMPOTENCY_MISMATCH` for a key of another cart,
 * `SERVICE_UNAVAILABLE` after 3 s behind other sales of the same product. Nothing was sold then, and the key is free.
 * `CONNECTION_LOST` says whether that is known; with a key, the same again finds out.
 */
export async function checkOut(
  till: Till,
  { paymentMethod, lines, idempotencyKey }: Cart & CheckoutOptions,
): Promise<Sale> {
  const id = randomUUID();
  const requestHash = hashRequest('POST /sales', { paymentMethod, lines });
  const values = [
    id,
    paymentMethod,
    lines.map(({ productId }) => productId),
    lines.map(({ quantity }) => quantity),
    idempotencyKey,
    requestHash,
  ];
  try {
    return await atTill(
      till,
      async (client) => {
        const { rows } = await client.query<Checked>(CHECK_OUT, values);
        const { prices, sold_at: soldAt } = rows[0]!;
        if (prices !== null) return toSale(id, { userId: till.seller.userId, paymentMethod, lines, prices, soldAt });
        return readSaleIn(client, await findMade(client, { key: idempotencyKey!, requestHash }));
      },
      { isolation: 'read committed', retries: 2 },
    );
  } catch (error) {
    if (violates(error, 'inventory_quantity_check')) throw await stockInsufficient(till, lines, error);
    if (violates(error, 'sale_items_product_id_fkey')) throw notSold(error);
    throw error;
  }
}

function toSale(
  id: string,
  {
    userId,
    paymentMethod,
    lines,
    prices,
    soldAt,
  }: Cart & { readonly userId: string; readonly prices: readonly string[]; readonly soldAt: Date },
): Sale {
  const sold = lines.map(({ productId, quantity }, index) => {
    const unitPriceCents = toCents(prices[index]!);
    return {
      lineNumber: index + 1,
      productId,
      quantity,
      unitPriceCents,
      lineTotalCents: quantity * unitPriceCents,
      refundedQuantity: 0,
    };
  });
  const totalCents = sold.reduce((sum, { lineTotalCents }) => sum + lineTotalCents, 0);
  return { id, userId, paymentMethod, totalCents, refundedCents: 0, soldAt, lines: sold };
}

/** `check_out` puts the product's id into DETAIL. */
function notSold(cause: unknown): AtrizError {
  const { detail: productId } = cause as { readonly detail?: string };
  return new AtrizError('CONFLICT', `product ${productId} is not one that the shop sells`, { cause });
}

async function stockInsufficient(till: Till, lines: Cart['lines'], cause: unknown): Promise<AtrizError> {
  // Where even that cannot be found out, the first error is told without it.
  const short = await readShort(till, lines).catch(() => []);
  const ofWhat = short.length === 0 ? '' : ` of ${short.join(', ')}`;
  return new AtrizError('STOCK_INSUFFICIENT', `there is not enough in stock${ofWhat}`, { cause });
}

/** Of what there is not enough by now, and how many are left. */
async function readShort({ db }: Till, lines: Cart['lines']): Promise<string[]> {
  const wanted = new Map<string, number>();
  for (const { productId, quantity } of lines) wanted.set(productId, (wanted.get(productId) ?? 0) + quantity);
  const rows = await createKysely<DB>(db.pool)
    .selectFrom('products')
    .leftJoin('inventory', 'inventory.product_id', 'products.id')
    .select(['products.id', 'products.sku', 'inventory.quantity'])
    .where('products.id', 'in', [...wanted.keys()])
    .orderBy('products.sku')
    .execute();
  return rows
    .map(({ id, sku, quantity }) => ({ id, sku, left: Number(quantity ?? 0) }))
    .filter(({ id, left }) => left < (wanted.get(id) ?? 0))
    .map(({ sku, left }) => `${sku} (${left} left)`);
}
