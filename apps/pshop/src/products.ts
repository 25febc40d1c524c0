import { AtrizError, type DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { notFound, toPage, type Page } from '@atriz/http';
import { sql, type Updateable } from 'kysely';
import { toCents } from './cents.ts';
import type { DB, Products } from './schema.ts';
import { violates } from './violation.ts';

/** Products belong to nobody: who may do what with them is the routes' to say. */
type Database = Pick<DatabasePool, 'query'>;

export interface Product {
  readonly id: string;
  /** The shop's own code. Never changed: a receipt of any day names the same product. */
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly priceCents: number;
  /** Pieces in stock; zero for a product that never had any. */
  readonly quantity: number;
  /** When it left the shelf; null while it is sold. */
  readonly retiredAt: Date | null;
}

export interface NewProduct {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly priceCents: number;
}

export interface ProductChanges {
  readonly id: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly priceCents?: number | undefined;
}

/** Where a page of products begins: after this one. */
export type ProductKey = readonly [name: string, id: string];

export interface ProductsWanted {
  /** A part of the name or of the code, in capitals or not. */
  readonly search?: string | undefined;
  readonly limit: number;
  readonly after?: ProductKey | undefined;
}

/** What the shop sells today, by name, with what is left of it. Retired products are left out. */
export async function listProducts(db: Database, { search, limit, after }: ProductsWanted): Promise<Page<Product>> {
  let query = selectProducts(db).where('products.retired_at', 'is', null);
  if (search !== undefined) {
    const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
    query = query.where(({ eb, or }) =>
      or([eb('products.name', 'ilike', pattern), eb('products.sku', 'ilike', pattern)]),
    );
  }
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
  return toPage(rows.map(toProduct), limit, ({ name, id }) => [name, id]);
}

/** A product, retired or not. Rejects with `NOT_FOUND`. */
export async function readProduct(db: Database, id: string): Promise<Product> {
  const row = await selectProducts(db).where('products.id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound(`product ${id}`);
  return toProduct(row);
}

/** Rejects with `CONFLICT` when there is, or was, a product of this code. */
export async function addProduct(db: Database, { sku, name, description, priceCents }: NewProduct): Promise<Product> {
  try {
    const { id } = await createKysely<DB>(db)
      .insertInto('products')
      .values({ sku, name, description, price_cents: priceCents })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { id, sku, name, description, priceCents, quantity: 0, retiredAt: null };
  } catch (error) {
    if (!violates(error, 'products_sku_key')) throw error;
    throw new AtrizError('CONFLICT', `there is a product ${sku} already`, { cause: error });
  }
}

/** Changes what is given. Sales keep the prices that they were made at. Rejects with `NOT_FOUND`. */
export async function changeProduct(
  db: Database,
  { id, name, description, priceCents }: ProductChanges,
): Promise<Product> {
  await updateProduct(db, id, { name, description, price_cents: priceCents });
  return readProduct(db, id);
}

/** Takes a product off the shelf; the books keep it. It changes nothing the second time. Rejects with `NOT_FOUND`. */
export async function retireProduct(db: Database, id: string): Promise<void> {
  await updateProduct(db, id, { retired_at: sql`coalesce(retired_at, now())` });
}

async function updateProduct(
  db: Database,
  id: string,
  changes: Omit<Updateable<Products>, 'retired_at'> & { readonly retired_at?: ReturnType<typeof sql<Date>> },
): Promise<void> {
  const { numUpdatedRows } = await createKysely<DB>(db)
    .updateTable('products')
    .set(changes)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw notFound(`product ${id}`);
}

/** One that never had any stock has no row in `inventory`. */
function selectProducts(db: Database) {
  return createKysely<DB>(db)
    .selectFrom('products')
    .leftJoin('inventory', 'inventory.product_id', 'products.id')
    .select(['products.id', 'products.sku', 'products.name', 'products.description', 'products.price_cents'])
    .select(['products.retired_at', 'inventory.quantity']);
}

type ProductRow = Awaited<ReturnType<ReturnType<typeof selectProducts>['executeTakeFirstOrThrow']>>;

function toProduct({ price_cents: priceCents, retired_at: retiredAt, quantity, ...row }: ProductRow): Product {
  return { ...row, priceCents: toCents(priceCents), quantity: Number(quantity ?? 0), retiredAt };
}
