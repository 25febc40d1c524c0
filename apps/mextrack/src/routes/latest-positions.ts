import { decodeCursor, pageOf, pageQuery, timestamp, toPage, type Server } from '@atriz/http';
import { z } from 'zod';
import { findLatestPosition, listLatestPositions } from '../latest-positions.ts';
import { withAsker } from '../user-transaction.ts';
import { idParams, security, signedIn, type RouteContext } from './route-context.ts';

const latestPosition = z.object({
  vehicleId: z.uuid(),
  recordedAt: timestamp,
  latitude: z.number(),
  longitude: z.number(),
  speedKmh: z.number().nullable(),
  headingDegrees: z.number().nullable(),
});
const cursor = z.tuple([z.uuid()]);
const tags = ['positions'];

/** `/positions/latest` and `/vehicles/:id/positions/latest` of who asks. */
export function latestPositionRoutes(app: Server, { db }: RouteContext): void {
  app.get(
    '/positions/latest',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Where each of your vehicles was last',
        description: 'Vehicles that have sent no position yet are left out.',
        querystring: pageQuery,
        response: { 200: pageOf(latestPosition) },
      },
    },
    async (request) => {
      const { limit } = request.query;
      const [after] = decodeCursor(request.query.after, cursor) ?? [];
      const rows = await withAsker(db, request, (user) => listLatestPositions(user, { limit: limit + 1, after }), READ);
      return toPage(rows, limit, ({ vehicleId }) => [vehicleId]);
    },
  );

  app.get(
    '/vehicles/:id/positions/latest',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Where a vehicle was last',
        description: '404 when it has sent no position yet.',
        params: idParams,
        response: { 200: latestPosition },
      },
    },
    (request) => withAsker(db, request, (user) => findLatestPosition(user, request.params.id), READ),
  );
}

const READ = { readOnly: true };
