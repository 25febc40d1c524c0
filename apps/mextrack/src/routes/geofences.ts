import { decodeCursor, pageOf, pageQuery, text, timestamp, toPage, type Server } from '@atriz/http';
import { z } from 'zod';
import { createGeofence, deleteGeofence, findGeofence, listGeofences, replaceGeofence } from '../user-geofences.ts';
import { withAsker } from '../user-transaction.ts';
import { idParams, latitude, longitude, security, signedIn, type RouteContext } from './route-context.ts';

const name = text().trim().min(1).max(200);
const place = z.strictObject({ latitude, longitude });
const circle = {
  shape: z.literal('circle'),
  center: place,
  radiusM: z.number().gt(0).max(1_000_000).describe('Metres along the ground.'),
};
const polygon = {
  shape: z.literal('polygon'),
  corners: z
    .array(place)
    .min(3)
    .max(1000)
    .describe('In order; the last joins the first. Measured on the flat map: not across the meridian of 180 degrees.'),
};
const newGeofence = z
  .discriminatedUnion('shape', [z.strictObject({ name, ...circle }), z.strictObject({ name, ...polygon })])
  .meta({
    example: { name: 'Depot', shape: 'circle', center: { latitude: 38.72, longitude: -9.14 }, radiusM: 800 },
  });
const kept = { id: z.uuid(), name: z.string(), createdAt: timestamp, updatedAt: timestamp };
const geofence = z.discriminatedUnion('shape', [z.object({ ...kept, ...circle }), z.object({ ...kept, ...polygon })]);
const cursor = z.tuple([text(), z.uuid()]);
const tags = ['geofences'];

/** `/geofences` of who asks. */
export function geofenceRoutes(app: Server, { db }: RouteContext): void {
  app.get(
    '/geofences',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Your geofences by name',
        querystring: pageQuery,
        response: { 200: pageOf(geofence) },
      },
    },
    async (request) => {
      const { limit } = request.query;
      const after = decodeCursor(request.query.after, cursor);
      const rows = await withAsker(db, request, (user) => listGeofences(user, { limit: limit + 1, after }), READ);
      return toPage(rows, limit, (last) => [last.name, last.id]);
    },
  );

  app.post(
    '/geofences',
    {
      ...signedIn,
      bodyLimit: MOST_BYTES,
      schema: {
        tags,
        security,
        summary: 'Draws a geofence: a circle or a polygon',
        description: 'It watches all your vehicles from their next position on. A name is unique: 409 CONFLICT.',
        body: newGeofence,
        response: { 201: geofence },
      },
    },
    async (request, reply) => {
      const made = await withAsker(db, request, (user) => createGeofence(user, request.body));
      return reply.code(201).header('location', `/geofences/${made.id}`).send(made);
    },
  );

  app.get(
    '/geofences/:id',
    {
      ...signedIn,
      schema: { tags, security, summary: 'One of your geofences', params: idParams, response: { 200: geofence } },
    },
    (request) => withAsker(db, request, (user) => findGeofence(user, request.params.id), READ),
  );

  app.put(
    '/geofences/:id',
    {
      ...signedIn,
      bodyLimit: MOST_BYTES,
      schema: {
        tags,
        security,
        summary: 'Puts another name and area in place of a geofence’s',
        description:
          'Events that were found stay as they are; a vehicle around which a geofence is drawn has not entered.',
        params: idParams,
        body: newGeofence,
        response: { 200: geofence },
      },
    },
    (request) => withAsker(db, request, (user) => replaceGeofence(user, request.params.id, request.body)),
  );

  app.delete(
    '/geofences/:id',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Deletes a geofence with its events',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await withAsker(db, request, (user) => deleteGeofence(user, request.params.id));
      return reply.code(204).send(null);
    },
  );
}

/** A thousand corners of all digits take about half of it. */
const MOST_BYTES = 128 * 1024;
const READ = { readOnly: true };
