import { decodeCursor, pageOf, timestamp, toPage, type Server } from '@atriz/http';
import { z } from 'zod';
import { addPositions, assertPlausible } from '../ingest.ts';
import { readPositions, readThinnedTrack } from '../tracks.ts';
import { findVehicle } from '../user-vehicles.ts';
import { withAsker } from '../user-transaction.ts';
import { idParams, latitude, longitude, momentKey, security, signedIn, type RouteContext } from './route-context.ts';

const MOST_POSITIONS = 10_000;
/** 10,000 positions of all fields take about half of it. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Of one address, which may be the gateway of many vehicles. */
const REQUESTS_PER_MINUTE = 6000;

const EXAMPLE = { recordedAt: '2026-01-10T10:00:00Z', latitude: 38.7223, longitude: -9.1393, speedKmh: 42.5 };
const newPosition = z
  .strictObject({
    recordedAt: timestamp,
    latitude,
    longitude,
    speedKmh: z.number().min(0).max(1000).optional(),
    headingDegrees: z.number().min(0).lt(360).optional().describe('Clockwise from north.'),
    odometerM: z.int().min(0).optional(),
  })
  .meta({ example: EXAMPLE });
const newPositions = z
  .array(newPosition)
  .min(1)
  .max(MOST_POSITIONS)
  .meta({ example: [EXAMPLE] });

const position = z.object({
  recordedAt: timestamp,
  latitude: z.number(),
  longitude: z.number(),
  speedKmh: z.number().nullable(),
  headingDegrees: z.number().nullable(),
  odometerM: z.number().nullable(),
});

const span = z.object({
  from: timestamp.describe('The first moment.'),
  to: timestamp.describe('The end: the first moment that is not asked for.'),
  limit: z.coerce.number().int().min(1).max(5000).default(1000),
  after: z.string().max(1000).optional(),
});
const IN_ORDER = { path: ['to'], error: 'is not later than from' };
/** True also where one of them is no time at all, which is told already. */
const inOrder = ({ from, to }: { readonly from: Date; readonly to: Date }): boolean => !(from >= to);
const points = z.coerce
  .number()
  .int()
  .min(2)
  .max(5000)
  .optional()
  .describe('Thins the whole span to at most so many positions. Default: all of them.');
const cursor = z.tuple([momentKey]);
const tags = ['positions'];

/** `/vehicles/:id/positions` and `/vehicles/:id/track` of who asks. */
export function positionRoutes(app: Server, { db, clock }: RouteContext): void {
  app.post(
    '/vehicles/:id/positions',
    {
      ...signedIn,
      bodyLimit: MOST_BYTES,
      config: { rateLimit: { max: REQUESTS_PER_MINUTE, timeWindow: '1 minute' } },
      preValidation: takeOneForMany,
      schema: {
        tags,
        security,
        summary: 'Takes positions of a vehicle: up to 10,000, or one',
        description:
          'An array of positions, or one position alone, in any order. All are kept or none. A position is known by its ' +
          'vehicle and moment: sent again, it is left as it is, so send again what you are not sure of. 201 when any was ' +
          'new, else 200. A position of before 2000 or more than a day ahead is refused.',
        params: idParams,
        body: newPositions,
        response: { 200: taken, 201: taken },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      assertPlausible(request.body, clock());
      const added = await withAsker(db, request, (user) => addPositions(user, id, request.body));
      const answer = { received: request.body.length, added };
      if (added === 0) return reply.code(200).send(answer);
      return reply.code(201).header('location', `/vehicles/${id}/positions/latest`).send(answer);
    },
  );

  app.get(
    '/vehicles/:id/positions',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Every position of a vehicle between two times, oldest first',
        params: idParams,
        querystring: span.refine(inOrder, IN_ORDER),
        response: { 200: pageOf(position) },
      },
    },
    async (request) => {
      const { from, to, limit } = request.query;
      const [after] = decodeCursor(request.query.after, cursor) ?? [];
      const rows = await withAsker(
        db,
        request,
        async (user) => {
          const { id: vehicleId } = await findVehicle(user, request.params.id);
          return readPositions(user, { vehicleId, from, to }, { limit: limit + 1, after });
        },
        READ,
      );
      return toPage(rows, limit, ({ key }) => [key]);
    },
  );

  app.get(
    '/vehicles/:id/track',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'The way of a vehicle between two times, thinned on request',
        description:
          'With `points`, a span of more positions is thinned: the time from its first to its last position is cut into ' +
          '`points` - 1 equal stretches; of each you get the first position, and the last position of all.',
        params: idParams,
        querystring: span.extend({ points }).refine(inOrder, IN_ORDER),
        response: { 200: pageOf(position) },
      },
    },
    async (request) => {
      const { from, to, limit } = request.query;
      const [after] = decodeCursor(request.query.after, cursor) ?? [];
      const rows = await withAsker(
        db,
        request,
        async (user) => {
          const { id: vehicleId } = await findVehicle(user, request.params.id);
          const page = { limit: limit + 1, after };
          if (request.query.points === undefined) return readPositions(user, { vehicleId, from, to }, page);
          return readThinnedTrack(user, { vehicleId, from, to, points: request.query.points }, page);
        },
        READ,
      );
      return toPage(rows, limit, ({ key }) => [key]);
    },
  );
}

const READ = { readOnly: true };

const taken = z.object({
  received: z.int(),
  added: z.int().describe('How many of them were new.'),
});

async function takeOneForMany(request: { body: unknown }): Promise<void> {
  const { body } = request;
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) request.body = [body];
}
