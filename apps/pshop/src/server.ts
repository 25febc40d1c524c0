import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { TokenVerifier } from '@atriz/core';
import { authentication, signOnFiles } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { createServer, type Server, type ServerOptions } from '@atriz/http';
import { addInventoryRoutes } from './routes/inventory.ts';
import { addProductRoutes } from './routes/products.ts';
import { addRefundRoutes } from './routes/refunds.ts';
import { addReportRoutes } from './routes/reports.ts';
import { addSaleRoutes } from './routes/sales.ts';
import { addStockMovementRoutes } from './routes/stock-movements.ts';

export interface PshopOptions extends Omit<ServerOptions, 'title' | 'description' | 'connectOrigins'> {
  /** pshop_db, as its runtime role: whose rows are whose is decided there. */
  readonly db: DatabasePool;
  readonly verifier: TokenVerifier;
  /** The website's URL, where the page asks who is signed in. */
  readonly website: string;
  /** The other applications' pages: URL by name. */
  readonly applications?: Readonly<Record<string, string>>;
}

/** All tills of a shop may come from one address. */
const REQUESTS_PER_MINUTE = 6000;

/** Makes PShop's service: its routes, and the till's page at `/`. Nothing listens yet. */
export async function buildServer({
  db,
  verifier,
  website,
  applications = {},
  ...options
}: PshopOptions): Promise<Server> {
  const app = await createServer({
    title: 'PShop',
    description: 'Point of sale and stock.',
    connectOrigins: [website],
    requestsPerMinute: REQUESTS_PER_MINUTE,
    ...options,
  });
  await app.register(authentication, { verifier });
  await app.register(signOnFiles, { website, applications });
  await app.register(fastifyStatic, { root: join(import.meta.dirname, '../public'), wildcard: false });
  addProductRoutes(app, db);
  addInventoryRoutes(app, db);
  addStockMovementRoutes(app, db);
  addSaleRoutes(app, db);
  addRefundRoutes(app, db);
  addReportRoutes(app, db);
  return app;
}
