import { decodeCursor, pageOf, pageQuery, timestamp, toPage, type Server } from '@atriz/http';
import { z } from 'zod';
import { listGeofenceEvents, type EventFilter } from '../geofence-events.ts';
import { findGeofence } from '../user-geofences.ts';
import { withAsker, type UserTransaction } from '../user-transaction.ts';
import { findVehicle } from '../user-vehicles.ts';
import { idParams, momentKey, security, signedIn, type RouteContext } from './route-context.ts';

const geofenceEvent = z.object({
  vehicleId: z.uuid(),
  geofenceId: z.uuid(),
  event: z.enum(['entered', 'left']),
  recordedAt: timestamp.describe('Of the first position inside, or of the first one outside again.'),
  latitude: z.number(),
  longitude: z.number(),
  foundAt: timestamp.describe('When that position arrived.'),
});
const cursor = z.tuple([momentKey, z.uuid(), z.uuid()]);
const tags = ['geofences'];

/** Whose events a path asks for; rejects with `NOT_FOUND` where that is not the user's. */
type FindOne = (user: UserTransaction, id: string) => Promise<EventFilter>;

const LISTS: readonly { readonly url: `/${string}/:id/events`; readonly summary: string; readonly find: FindOne }[] = [
  {
    url: '/geofences/:id/events',
    summary: 'When your vehicles entered and left a geofence, newest first',
    find: async (user, id) => ({ geofenceId: (await findGeofence(user, id)).id }),
  },
  {
    url: '/vehicles/:id/events',
    summary: 'When a vehicle entered and left your geofences, newest first',
    find: async (user, id) => ({ vehicleId: (await findVehicle(user, id)).id }),
  },
];

/** `/geofences/:id/events` and `/vehicles/:id/events` of who asks. */
export function geofenceEventRoutes(app: Server, { db }: RouteContext): void {
  for (const { url, summary, find } of LISTS) {
    app.get(
      url,
      {
        ...signedIn,
        schema: {
          tags,
          security,
          summary,
          description:
            'From one position to the next in the order of their times. A position that arrives late may add events, and ' +
            'may take one back that it explains better.',
          params: idParams,
          querystring: pageQuery,
          response: { 200: pageOf(geofenceEvent) },
        },
      },
      async (request) => {
        const { limit } = request.query;
        const after = decodeCursor(request.query.after, cursor);
        const rows = await withAsker(
          db,
          request,
          async (user) => {
            const filter = await find(user, request.params.id);
            return listGeofenceEvents(user, filter, { limit: limit + 1, after });
          },
          { readOnly: true },
        );
        return toPage(rows, limit, ({ key, vehicleId, geofenceId }) => [key, vehicleId, geofenceId]);
      },
    );
  }
}
