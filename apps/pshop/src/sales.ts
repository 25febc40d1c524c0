import { notFound, toPage, type Page } from '@atriz/http';
import { createKysely, type Queryable } from '@atriz/database/kysely';
import { sql } from 'kysely';
import { toCents } from './cents.ts';
import type { DB } from './schema.ts';
import { readAtTill, seesAll, type Till } from './till.ts';

export interface SaleSummary {
  readonly id: string;
  /** A `users.id` of atriz_shared: who sold. */
  readonly userId: string;
  readonly paymentMethod: string;
  readonly totalCents: number;
  readonly soldAt: Date;
}

export interface SaleLine {
  /** Place on the receipt, from 1. */
  readonly lineNumber: number;
  readonly productId: string;
  readonly quantity: number;
  readonly unitPriceCents: number;
  readonly lineTotalCents: number;
  /** Pieces of it that were given back, at most all. */
  readonly refundedQuantity: number;
}

export interface Sale extends SaleSummary {
  readonly refundedCents: number;
  readonly lines: SaleLine[];
}

/** Where a page of sales begins: after this one. */
export type SaleKey = readonly [soldAt: string, id: string];

/** A sale that the seller may see. Rejects with `NOT_FOUND` for one of somebody else, as for one that is not there. */
export function readSale(till: Till, id: string): Promise<Sale> {
  return readAtTill(till, (client) => readSaleIn(client, id));
}

/** As {@link readSale}, in the transaction of `client`. */
export async function readSaleIn(client: Queryable, id: string): Promise<Sale> {
  const db = createKysely<DB>(client);
  const sale = await db
    .selectFrom('sales')
    .select(['id', 'user_id', 'payment_method', 'total_cents', 'sold_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (sale === undefined) throw notFound(`sale ${id}`);
  const items = await db
    .selectFrom('sale_items')
    .select(['line_number', 'product_id', 'quantity', 'unit_price_cents', 'line_total_cents', 'refunded_quantity'])
    .where('sale_id', '=', id)
    .orderBy('line_number')
    .execute();
  const lines = items.map((item) => ({
    lineNumber: Number(item.line_number),
    productId: item.product_id,
    quantity: Number(item.quantity),
    unitPriceCents: toCents(item.unit_price_cents),
    lineTotalCents: toCents(item.line_total_cents),
    refundedQuantity: Number(item.refunded_quantity),
  }));
  const refundedCents = lines.reduce((sum, line) => sum + line.refundedQuantity * line.unitPriceCents, 0);
  return { ...toSummary(sale), refundedCents, lines };
}

/** The sales that the seller may see, newest first: their own, or all for managers and admins. */
export async function listSales(
  till: Till,
  { limit, after }: { readonly limit: number; readonly after?: SaleKey | undefined },
): Promise<Page<SaleSummary>> {
  return readAtTill(till, async (client) => {
    const rows = await createKysely<DB>(client)
      .selectFrom('sales')
      .select(['id', 'user_id', 'payment_method', 'total_cents', 'sold_at'])
      // A Date has milliseconds; two sales of the same one would fall between two pages.
      .select(sql<string>`to_char(sold_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('sold_at_key'))
      .$if(!seesAll(till), (query) => query.where('user_id', '=', till.seller.userId))
      .$if(after !== undefined, (query) =>
        query.where(sql<boolean>`(sold_at, id) < (${after![0]}::timestamptz, ${after![1]}::uuid)`),
      )
      .orderBy('sold_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const page = toPage(rows, limit, (row) => [row.sold_at_key, row.id]);
    return { ...page, items: page.items.map(toSummary) };
  });
}

function toSummary(row: {
  readonly id: string;
  readonly user_id: string;
  readonly payment_method: string;
  readonly total_cents: string;
  readonly sold_at: Date;
}): SaleSummary {
  return {
    id: row.id,
    userId: row.user_id,
    paymentMethod: row.payment_method,
    totalCents: toCents(row.total_cents),
    soldAt: row.sold_at,
  };
}
