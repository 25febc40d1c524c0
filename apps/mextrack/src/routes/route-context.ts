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

/** In a cursor: a moment to the microsecond, as PostgreSQL's to_json gives it. */
export const momentKey = z.string().regex(/^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-4]):[0-5]\d$/);
