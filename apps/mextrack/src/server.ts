import { authentication, signOnFiles } from '@atriz/core/fastify';
import type { TokenVerifier } from '@atriz/core';
import type { DatabasePool } from '@atriz/database';
import { createServer, type Server, type ServerOptions } from '@atriz/http';
import { pageFiles } from './page-files.ts';
import { geofenceEventRoutes } from './routes/geofence-events.ts';
import { geofenceRoutes } from './routes/geofences.ts';
import { latestPositionRoutes } from './routes/latest-positions.ts';
import { positionRoutes } from './routes/positions.ts';
import { vehicleRoutes } from './routes/vehicles.ts';

export interface MextrackOptions extends Omit<
  ServerOptions,
  'title' | 'description' | 'connectOrigins' | 'imageOrigins'
> {
  /** mextrack_db, as its runtime role. */
  readonly db: DatabasePool;
  readonly verifier: TokenVerifier;
  /** The website's URL, where people sign in. */
  readonly website: string;
  /** The other applications' pages: URL by name. */
  readonly applications?: Readonly<Record<string, string>>;
  /** Map tiles, with `{z}`, `{x}` and `{y}`. Default: the map is drawn without. */
  readonly mapTilesUrl?: string | undefined;
  readonly clock?: () => Date;
}

/** Makes the server of MexTrack; nothing listens yet, and pool and verifier stay the caller's. */
export async function buildServer({
  db,
  verifier,
  website,
  applications = {},
  mapTilesUrl,
  clock = () => new Date(),
  ...options
}: MextrackOptions): Promise<Server> {
  const app = await createServer({
    ...options,
    title: 'MexTrack',
    description: 'Vehicles, where they were, and the areas that they enter and leave.',
    connectOrigins: [website],
    imageOrigins: mapTilesUrl === undefined ? [] : [new URL(mapTilesUrl).origin],
  });
  await app.register(authentication, { verifier });
  await app.register(signOnFiles, { website, applications });
  await app.register(pageFiles, { mapTilesUrl });
  const context = { db, clock };
  vehicleRoutes(app, context);
  positionRoutes(app, context);
  latestPositionRoutes(app, context);
  geofenceRoutes(app, context);
  geofenceEventRoutes(app, context);
  return app;
}
