import type { DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { DB } from './schema.ts';
import { toCents } from './cents.ts';

export interface ProductOnShelf {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  /** Pieces in stock; zero for a product that never had any. */
  readonly quantity: number;
}

/** What the shop sells today, by name, with what is left of it. Retired products are left out. */
export async function readProductsOnShelf(db: Pick<DatabasePool, 'query'>): Promise<ProductOnShelf[]> {
  const rows = await selectProducts(db).orderBy('products.name').orderBy('products.id').execute();
  return rows.map(toProduct);
}

/** The products to order more of: fewer are left than their reorder level. The scarcest first. */
export async function readProductsToReorder(db: Pick<DatabasePool, 'query'>): Promise<ProductOnShelf[]> {
  const rows = await selectProducts(db)
    .whereRef('inventory.quantity', '<', 'inventory.reorder_level')
    .orderBy('inventory.quantity')
    .orderBy('products.name')
    .execute();
  return rows.map(toProduct);
}

/** Those in the shop's range. One that never had any stock has no row in `inventory`. */
function selectProducts(db: Pick<DatabasePool, 'query'>) {
  return createKysely<DB>(db)
    .selectFrom('products')
    .leftJoin('inventory', 'inventory.product_id', 'products.id')
    .select(['products.id', 'products.sku', 'products.name', 'products.price_cents', 'inventory.quantity'])
    .where('products.retired_at', 'is', null);
}

type ProductRow = Awaited<ReturnType<ReturnType<typeof selectProducts>['executeTakeFirstOrThrow']>>;

function toProduct({ id, sku, name, price_cents: priceCents, quantity }: ProductRow): ProductOnShelf {
  return { id, sku, name, priceCents: toCents(priceCents), quantity: Number(quantity ?? 0) };
}
