import { requireAuth } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { z } from 'zod';

/** What the routes work with. */
export interface RouteContext {
  readonly db: DatabasePool;
  readonly clock: () => Date;
}

/** Of a route that only who is signed in may call. */
export const signedIn = { onRequest: requireAuth };

/** What the description of such a route says of it. */
export const security = [{ bearer: [] }];

export const idParams = z.object({ id: z.uuid() });

export const latitude = z.number().min(-90).max(90).describe('Degrees north, WGS 84.');
export const longitude = z.number().min(-180).max(180).describe('Degrees east, WGS 84.');
