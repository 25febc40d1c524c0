import type { DatabasePool } from '@atriz/database';
import { toCents } from './cents.ts';

export interface ProductOnShelf {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  /** Pieces in stock; zero for a product that never had any. */
  readonly quantity: number;
}

interface ProductRow {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly priceCents: string;
  readonly quantity: string;
}

const COLUMNS = `
  products.id,
  products.sku,
  products.name,
  products.price_cents AS "priceCents",
  coalesce(inventory.quantity, 0) AS quantity`;

/** What the shop sells today, by name, with what is left of it. Retired products are left out. */
export async function readProductsOnShelf(db: Pick<DatabasePool, 'query'>): Promise<ProductOnShelf[]> {
  const { rows } = await db.query<ProductRow>(
    `SELECT ${COLUMNS}
     FROM products
     LEFT JOIN inventory ON inventory.product_id = products.id
     WHERE products.retired_at IS NULL
     ORDER BY products.name, products.id`,
  );
  return rows.map(toProduct);
}

/** The products to order more of: fewer are left than their reorder level. The scarcest first. */
export async function readProductsToReorder(db: Pick<DatabasePool, 'query'>): Promise<ProductOnShelf[]> {
  const { rows } = await db.query<ProductRow>(
    `SELECT ${COLUMNS}
     FROM products
     JOIN inventory ON inventory.product_id = products.id
     WHERE products.retired_at IS NULL AND inventory.quantity < inventory.reorder_level
     ORDER BY inventory.quantity, products.name`,
  );
  return rows.map(toProduct);
}

function toProduct({ id, sku, name, priceCents, quantity }: ProductRow): ProductOnShelf {
  return { id, sku, name, priceCents: toCents(priceCents), quantity: Number(quantity) };
}
