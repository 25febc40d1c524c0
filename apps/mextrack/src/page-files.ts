import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifySchema } from 'fastify';

export interface PageFilesOptions {
  readonly mapTilesUrl: string | undefined;
}

const PAGE = join(import.meta.dirname, '../public');
/** Leaflet as its package has it: no build, and nothing from elsewhere. */
const LEAFLET = dirname(fileURLToPath(import.meta.resolve('leaflet')));
const unlisted: { readonly schema: FastifySchema & { readonly hide: true } } = { schema: { hide: true } };

/** Serves the map at `/`, what it draws with at `/leaflet/`, and `/map-settings.json`. */
export async function pageFiles(app: FastifyInstance, { mapTilesUrl }: PageFilesOptions): Promise<void> {
  await app.register(fastifyStatic, { root: PAGE, cacheControl: false });
  await app.register(fastifyStatic, { root: LEAFLET, prefix: '/leaflet/', decorateReply: false, maxAge: '1d' });
  app.get('/map-settings.json', unlisted, async () => ({ tilesUrl: mapTilesUrl ?? null }));
}
