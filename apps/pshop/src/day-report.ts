import { AtrizError, sqlState } from '@atriz/database';
import { toCents } from './cents.ts';
import { readAtTill, type Till } from './till.ts';

export interface DayReport {
  /** The first moment of the day, and the first of the next: 23 or 25 hours lie between them where clocks change. */
  readonly from: Date;
  readonly until: Date;
  readonly sales: Takings;
  /** What was given back that day, of whichever day's sales, by the way that the sale was paid. */
  readonly refunds: Takings;
  /** Sales less refunds. */
  readonly netCents: number;
}

interface Takings {
  readonly count: number;
  readonly pieces: number;
  readonly totalCents: number;
  readonly byPaymentMethod: { readonly cash: number; readonly card: number; readonly transfer: number };
}

export interface Day {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** A name of the IANA time zone database. */
  readonly timeZone: string;
}

/**
 * A sale counts on the day it was made, a refund on the day it was given. The days of a zone are PostgreSQL's to cut, so
 * that they have their 23, 24 or 25 hours.
 */
const REPORT = `
  WITH day AS (
    SELECT
      $1::date::timestamp AT TIME ZONE $2 AS begins_at,
      ($1::date + 1)::timestamp AT TIME ZONE $2 AS ends_at
  ), booked AS (
    SELECT 'sale' AS kind, sales.id, sales.payment_method, sale_items.quantity, sale_items.unit_price_cents
    FROM day
    JOIN sales ON sales.sold_at >= day.begins_at AND sales.sold_at < day.ends_at
    JOIN sale_items ON sale_items.sale_id = sales.id
    UNION ALL
    SELECT 'refund', refunds.id, sales.payment_method, refund_items.quantity, sale_items.unit_price_cents
    FROM day
    JOIN refunds ON refunds.refunded_at >= day.begins_at AND refunds.refunded_at < day.ends_at
    JOIN sales ON sales.id = refunds.sale_id
    JOIN refund_items ON refund_items.refund_id = refunds.id
    JOIN sale_items ON sale_items.id = refund_items.sale_item_id
  )
  SELECT
    day.begins_at,
    day.ends_at,
    booked.kind,
    booked.payment_method,
    count(DISTINCT booked.id) AS count,
    coalesce(sum(booked.quantity), 0) AS pieces,
    coalesce(sum(booked.quantity * booked.unit_price_cents), 0) AS total_cents
  FROM day
  LEFT JOIN booked ON true
  GROUP BY day.begins_at, day.ends_at, booked.kind, booked.payment_method`;

interface ReportRow {
  readonly begins_at: Date;
  readonly ends_at: Date;
  readonly kind: 'sale' | 'refund' | null;
  readonly payment_method: 'cash' | 'card' | 'transfer' | null;
  readonly count: string;
  readonly pieces: string;
  readonly total_cents: string;
}

const INVALID_PARAMETER_VALUE = '22023';

/**
 * What was taken and given back on a day: by the seller, or by everybody for managers and admins.
 *
 * Rejects with `REQUEST_INVALID` for a time zone that PostgreSQL does not know.
 */
export async function readDayReport(till: Till, { date, timeZone }: Day): Promise<DayReport> {
  const rows = await readAtTill(till, async (client) => {
    const result = await client.query<ReportRow>(REPORT, [date, timeZone]).catch((error: unknown) => {
      if (sqlState(error) !== INVALID_PARAMETER_VALUE) throw error;
      throw new AtrizError('REQUEST_INVALID', `"${timeZone}" is no time zone that is known here`, { cause: error });
    });
    return result.rows;
  });
  const sales = addUp(rows.filter(({ kind }) => kind === 'sale'));
  const refunds = addUp(rows.filter(({ kind }) => kind === 'refund'));
  const { begins_at: from, ends_at: until } = rows[0]!;
  return { from, until, sales, refunds, netCents: sales.totalCents - refunds.totalCents };
}

function addUp(rows: readonly ReportRow[]): Takings {
  const byPaymentMethod = { cash: 0, card: 0, transfer: 0 };
  for (const row of rows) byPaymentMethod[row.payment_method!] = toCents(row.total_cents);
  return {
    count: rows.reduce((sum, { count }) => sum + Number(count), 0),
    pieces: rows.reduce((sum, { pieces }) => sum + Number(pieces), 0),
    totalCents: byPaymentMethod.cash + byPaymentMethod.card + byPaymentMethod.transfer,
    byPaymentMethod,
  };
}
