/**
 * The tables of pshop_db, as its migrations make them, for Kysely. Generated: do not edit, but migrate, and run
 * `pnpm db:generate`.
 *
 * Made from migrations: 274a99c7e4fc61cf80dcf1de392709d5e6ffff1b218920a3d421168e56368e57
 */
import type { ColumnType } from 'kysely';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

export type GeneratedAlways<T> =
  T extends ColumnType<infer S, unknown, unknown> ? ColumnType<S, never, never> : ColumnType<T, never, never>;

export type Int8 = ColumnType<string, bigint | number | string, bigint | number | string>;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface IdempotencyKeys {
  /** Cross-database reference: users.id of atriz_shared, whose key it is. */
  user_id: string;
  /** As the client chose it; means nothing between users. */
  key: string;
  /** SHA-256, in hexadecimal, of what was asked: another request of the same key is refused. */
  request_hash: string;
  /** The sales.id or refunds.id that the request made, which is its answer. */
  made_id: string;
  created_at: Generated<Timestamp>;
}

export interface Inventory {
  product_id: string;
  /** Pieces in stock now, zero or more; written by the triggers of stock_movements only. */
  quantity: Generated<Int8>;
  updated_at: Generated<Timestamp>;
  /** Order more once fewer than this many are left; zero for never. */
  reorder_level: Generated<Int8>;
}

export interface Products {
  id: Generated<string>;
  /** Stock-keeping unit: the shop's own code for the product, capitals and digits. */
  sku: string;
  name: string;
  description: Generated<string>;
  /** Price of one today, in cents, up to a million whole units. A sale keeps the price it was made at. */
  price_cents: Int8;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  /** When the product left the shelf; null while it is sold. */
  retired_at: Timestamp | null;
}

export interface RefundItems {
  refund_id: string;
  sale_item_id: string;
  /** Pieces refunded; all refunds of a line together are never more than were sold. */
  quantity: Int8;
}

export interface Refunds {
  id: Generated<string>;
  sale_id: string;
  /** Cross-database reference: users.id of atriz_shared, who gave the money back. */
  user_id: string;
  /** In words, for the books; may be empty. */
  reason: Generated<string>;
  refunded_at: Generated<Timestamp>;
}

export interface SaleItems {
  id: Generated<string>;
  sale_id: string;
  /** Place on the receipt, from 1. */
  line_number: Int8;
  product_id: string;
  quantity: Int8;
  /** Price of one at the time of the sale, in cents. */
  unit_price_cents: Int8;
  /** quantity × unit_price_cents, in cents; generated. */
  line_total_cents: GeneratedAlways<Int8>;
  /** Pieces of the line that were refunded, at most all; written by the trigger of refund_items only. */
  refunded_quantity: Generated<Int8>;
}

export interface Sales {
  id: Generated<string>;
  /** Cross-database reference: users.id of atriz_shared, who made the sale. */
  user_id: string;
  /** What the sale came to, in cents: at commit the sum of its lines, or the trigger sales_total_cents_is_sum refuses. */
  total_cents: Int8;
  /** When the customer paid; created_at is when the row was written, later for a till that was offline. */
  sold_at: Generated<Timestamp>;
  created_at: Generated<Timestamp>;
  /** cash, card or transfer. */
  payment_method: string;
}

export interface StockMovements {
  /** In the order of insertion. */
  id: GeneratedAlways<Int8>;
  product_id: string;
  /** Pieces that came (positive) or went (negative); never zero. */
  quantity_change: Int8;
  /** opening (stock from before movements were kept), receipt, sale, return or adjustment. */
  reason: string;
  /** Cross-database reference: users.id of atriz_shared, who moved the stock; null when a machine did. */
  user_id: string | null;
  created_at: Generated<Timestamp>;
  /** The line that was sold or came back; null for movements that no sale caused. */
  sale_item_id: string | null;
  /** Number of the delivery note, stocktake or other document; moves a product at most once. Null where there is none. */
  reference: string | null;
}

export interface DB {
  idempotency_keys: IdempotencyKeys;
  inventory: Inventory;
  products: Products;
  refund_items: RefundItems;
  refunds: Refunds;
  sale_items: SaleItems;
  sales: Sales;
  stock_movements: StockMovements;
}
