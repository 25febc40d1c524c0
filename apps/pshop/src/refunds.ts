import { randomUUID } from 'node:crypto';
import { AtrizError } from '@atriz/database';
import { createKysely, type Queryable } from '@atriz/database/kysely';
import { notFound } from '@atriz/http';
import { claimKey, findMade, hashRequest } from './idempotency.ts';
import { toCents } from './cents.ts';
import { readSaleIn, type Sale } from './sales.ts';
import type { DB } from './schema.ts';
import { atTill, readAtTill, type Till } from './till.ts';
import { violates } from './violation.ts';

export interface NewRefund {
  readonly saleId: string;
  /** Which pieces of which lines; all that is left of the sale when absent. */
  readonly lines?: readonly RefundLine[] | undefined;
  readonly reason: string;
  /** The same refund with the same key is given once, however often it is sent. */
  readonly idempotencyKey?: string | undefined;
}

export interface RefundLine {
  /** A line of the sale, from 1. */
  readonly lineNumber: number;
  readonly quantity: number;
}

export interface Refund {
  readonly id: string;
  readonly saleId: string;
  /** A `users.id` of atriz_shared: who gave the money back. */
  readonly userId: string;
  readonly reason: string;
  readonly totalCents: number;
  readonly refundedAt: Date;
  readonly lines: RefundLine[];
}

/**
 * Gives money back for pieces of a sale, at the prices of the sale, and puts the pieces back in stock: all or nothing.
 * Managers and admins may for every sale, who sold for 24 hours.
 *
 * Rejects with `NOT_FOUND` for a sale that the seller may not see, `ROLE_MISSING` for one of their own that is older,
 * `CONFLICT` for more pieces than were sold and not refunded yet, for a line that the sale does not have, and when all of
 * it was refunded before; `IDEMPOTENCY_MISMATCH` for a key of another request.
 */
export async function refundSale(till: Till, { saleId, lines, reason, idempotencyKey }: NewRefund): Promise<Refund> {
  const id = randomUUID();
  const requestHash = hashRequest('POST /sales/:id/refunds', { saleId, lines, reason });
  const requestKey = idempotencyKey === undefined ? undefined : { key: idempotencyKey, requestHash };
  try {
    return await atTill(
      till,
      async (client) => {
        await client.query(`SET LOCAL lock_timeout = '3s'`);
        const { userId } = till.seller;
        if (requestKey && !(await claimKey(client, { userId, requestKey, madeId: id }))) {
          return readRefund(client, await findMade(client, requestKey));
        }
        const sale = await readSaleIn(client, saleId);
        await assertMayRefund(client, saleId);
        await insertRefund(client, { id, saleId, userId, reason, lines: planRefund(sale, lines) });
        return readRefund(client, id);
      },
      { isolation: 'read committed', retries: 2 },
    );
  } catch (error) {
    // What others refunded since the sale was read.
    if (!violates(error, 'sale_items_refunded_quantity_check')) throw error;
    throw new AtrizError('CONFLICT', `sale ${saleId} was refunded by somebody else just now`, { cause: error });
  }
}

/** The policy of `refunds` asks the same. */
async function assertMayRefund(client: Queryable, saleId: string): Promise<void> {
  const { may } = await createKysely<DB>(client)
    .selectFrom('sales')
    .select(({ fn }) => fn<boolean>('may_refund', ['user_id', 'sold_at']).as('may'))
    .where('id', '=', saleId)
    .executeTakeFirstOrThrow();
  if (!may) throw new AtrizError('ROLE_MISSING', 'a sale of more than 24 hours ago is refunded by a manager');
}

/** The lines of a refund, each at most once; all that is left of the sale when none is asked for. */
export function planRefund({ id, lines }: Pick<Sale, 'id' | 'lines'>, asked?: readonly RefundLine[]): RefundLine[] {
  const left = new Map(lines.map((line) => [line.lineNumber, line.quantity - line.refundedQuantity]));
  if (asked === undefined) {
    const rest = [...left].filter(([, quantity]) => quantity > 0);
    if (rest.length === 0) throw new AtrizError('CONFLICT', `all of sale ${id} was refunded before`);
    return rest.map(([lineNumber, quantity]) => ({ lineNumber, quantity }));
  }
  for (const { lineNumber, quantity } of asked) {
    const most = left.get(lineNumber);
    if (most === undefined) throw new AtrizError('CONFLICT', `sale ${id} has no line ${lineNumber}`);
    if (quantity > most) {
      throw new AtrizError('CONFLICT', `of line ${lineNumber} of sale ${id}, ${most} may be refunded, not ${quantity}`);
    }
  }
  return [...asked];
}

/** The refunds of a sale, oldest first. Rejects with `NOT_FOUND` for a sale that the seller may not see. */
export function listRefunds(till: Till, saleId: string): Promise<Refund[]> {
  return readAtTill(till, async (client) => {
    const sale = await createKysely<DB>(client).selectFrom('sales').select('id').where('id', '=', saleId).execute();
    if (sale.length === 0) throw notFound(`sale ${saleId}`);
    return toRefunds(await selectRefunds(client).where('refunds.sale_id', '=', saleId).execute());
  });
}

async function readRefund(client: Queryable, id: string): Promise<Refund> {
  const [refund] = toRefunds(await selectRefunds(client).where('refunds.id', '=', id).execute());
  return refund!;
}

async function insertRefund(
  client: Queryable,
  { id, saleId, userId, reason, lines }: Pick<Refund, 'id' | 'saleId' | 'userId' | 'reason' | 'lines'>,
): Promise<void> {
  await createKysely<DB>(client)
    .insertInto('refunds')
    .values({ id, sale_id: saleId, user_id: userId, reason })
    .execute();
  await client.query(
    `WITH returned AS (
       INSERT INTO refund_items (refund_id, sale_item_id, quantity)
       SELECT $1, sale_items.id, line.quantity
       FROM unnest($3::bigint[], $4::bigint[]) AS line (line_number, quantity)
       JOIN sale_items ON sale_items.sale_id = $2 AND sale_items.line_number = line.line_number
       RETURNING sale_item_id, quantity
     )
     INSERT INTO stock_movements (product_id, quantity_change, reason, sale_item_id, user_id)
     SELECT sale_items.product_id, returned.quantity, 'return', sale_items.id, $5
     FROM returned
     JOIN sale_items ON sale_items.id = returned.sale_item_id`,
    [id, saleId, lines.map(({ lineNumber }) => lineNumber), lines.map(({ quantity }) => quantity), userId],
  );
}

function selectRefunds(client: Queryable) {
  return createKysely<DB>(client)
    .selectFrom('refunds')
    .innerJoin('refund_items', 'refund_items.refund_id', 'refunds.id')
    .innerJoin('sale_items', 'sale_items.id', 'refund_items.sale_item_id')
    .select(['refunds.id', 'refunds.sale_id', 'refunds.user_id', 'refunds.reason', 'refunds.refunded_at'])
    .select(['refund_items.quantity', 'sale_items.line_number', 'sale_items.unit_price_cents'])
    .orderBy('refunds.refunded_at')
    .orderBy('refunds.id')
    .orderBy('sale_items.line_number');
}

type RefundRow = Awaited<ReturnType<ReturnType<typeof selectRefunds>['execute']>>[number];

/** One refund of the rows of its lines, which stand together. */
function toRefunds(rows: readonly RefundRow[]): Refund[] {
  return [...Map.groupBy(rows, ({ id }) => id).values()].map((group) => ({
    id: group[0]!.id,
    saleId: group[0]!.sale_id,
    userId: group[0]!.user_id,
    reason: group[0]!.reason,
    refundedAt: group[0]!.refunded_at,
    totalCents: group.reduce((sum, row) => sum + Number(row.quantity) * toCents(row.unit_price_cents), 0),
    lines: group.map((row) => ({ lineNumber: Number(row.line_number), quantity: Number(row.quantity) })),
  }));
}
