import type { DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { notFound, toPage, type Page } from '@atriz/http';
import type { DB } from './schema.ts';
import type { ProductKey } from './products.ts';
import { violates } from './violation.ts';

type Database = Pick<DatabasePool, 'query'>;

export interface StockFigure {
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  /** Pieces in stock; zero for a product that never had any. */
  readonly quantity: number;
  /** Order more once fewer than this many are left; zero for never. */
  readonly reorderLevel: number;
}

export interface StockWanted {
  /** Only what is to be ordered: fewer are left than the reorder level. */
  readonly isBelowReorderLevel?: boolean;
  readonly limit: number;
  readonly after?: ProductKey | undefined;
}

/** The stock of what the shop sells today, by name. */
export async function listStock(
  db: Database,
  { isBelowReorderLevel = false, limit, after }: StockWanted,
): Promise<Page<StockFigure>> {
  let query = selectStock(db).where('products.retired_at', 'is', null);
  if (isBelowReorderLevel) query = query.whereRef('inventory.quantity', '<', 'inventory.reorder_level');
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('products.name', 'products.id'), '>', tuple(after[0], after[1])),
    );
  }
  const rows = await query
    .orderBy('products.name')
    .orderBy('products.id')
    .limit(limit + 1)
    .execute();
  return toPage(rows.map(toFigure), limit, ({ name, productId }) => [name, productId]);
}

/** The stock of a product, retired or not. Rejects with `NOT_FOUND`. */
export async function readStockFigure(db: Database, productId: string): Promise<StockFigure> {
  const row = await selectStock(db).where('products.id', '=', productId).executeTakeFirst();
  if (row === undefined) throw notFound(`product ${productId}`);
  return toFigure(row);
}

/** Says from which stock on more of a product is to be ordered. Rejects with `NOT_FOUND`. */
export async function setReorderLevel(
  db: Database,
  { productId, reorderLevel }: Pick<StockFigure, 'productId' | 'reorderLevel'>,
): Promise<StockFigure> {
  try {
    await createKysely<DB>(db)
      .insertInto('inventory')
      .values({ product_id: productId, reorder_level: reorderLevel })
      .onConflict((conflict) => conflict.column('product_id').doUpdateSet({ reorder_level: reorderLevel }))
      .execute();
  } catch (error) {
    if (violates(error, 'inventory_product_id_fkey')) throw notFound(`product ${productId}`);
    throw error;
  }
  return readStockFigure(db, productId);
}

function selectStock(db: Database) {
  return createKysely<DB>(db)
    .selectFrom('products')
    .leftJoin('inventory', 'inventory.product_id', 'products.id')
    .select(['products.id', 'products.sku', 'products.name', 'inventory.quantity', 'inventory.reorder_level']);
}

type StockRow = Awaited<ReturnType<ReturnType<typeof selectStock>['executeTakeFirstOrThrow']>>;

function toFigure({ id, sku, name, quantity, reorder_level: reorderLevel }: StockRow): StockFigure {
  return { productId: id, sku, name, quantity: Number(quantity ?? 0), reorderLevel: Number(reorderLevel ?? 0) };
}
