import { decodeCursor, pageOf, pageQuery, text, timestamp, toPage, type Server } from '@atriz/http';
import { z } from 'zod';
import { changeVehicle, createVehicle, deleteVehicle, findVehicle, listVehicles } from '../user-vehicles.ts';
import { withAsker } from '../user-transaction.ts';
import { idParams, security, signedIn, type RouteContext } from './route-context.ts';

const vehicle = z
  .object({
    id: z.uuid(),
    plate: z.string(),
    name: z.string(),
    retiredAt: timestamp.nullable().describe('Since when it is out of service; null while it serves.'),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ example: { id: '00000000-0000-4000-8000-000000000001', plate: 'AT-01-MX', name: 'Van 1', retiredAt: null } });
const plate = text()
  .trim()
  .max(20)
  .regex(/[\p{L}\p{N}]/u, 'has neither letter nor digit')
  .meta({ example: 'AT-01-MX' });
const name = text().trim().min(1).max(200).meta({ example: 'Van 1' });
const change = z
  .strictObject({ plate: plate.optional(), name: name.optional(), retired: z.boolean().optional() })
  .refine((fields) => Object.values(fields).some((value) => value !== undefined), 'changes nothing');
const cursor = z.tuple([text(), z.uuid()]);
const tags = ['vehicles'];

/** `/vehicles` of who asks. */
export function vehicleRoutes(app: Server, { db }: RouteContext): void {
  app.get(
    '/vehicles',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Your vehicles by name, those out of service too',
        querystring: pageQuery,
        response: { 200: pageOf(vehicle) },
      },
    },
    async (request) => {
      const { limit } = request.query;
      const after = decodeCursor(request.query.after, cursor);
      const rows = await withAsker(db, request, (user) => listVehicles(user, { limit: limit + 1, after }), READ);
      return toPage(rows, limit, (last) => [last.name, last.id]);
    },
  );

  app.post(
    '/vehicles',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Adds a vehicle',
        description: 'A plate is unique among all vehicles, however it is written: 409 CONFLICT.',
        body: z.strictObject({ plate, name }),
        response: { 201: vehicle },
      },
    },
    async (request, reply) => {
      const made = await withAsker(db, request, (user) => createVehicle(user, request.body));
      return reply.code(201).header('location', `/vehicles/${made.id}`).send(made);
    },
  );

  app.get(
    '/vehicles/:id',
    {
      ...signedIn,
      schema: { tags, security, summary: 'One of your vehicles', params: idParams, response: { 200: vehicle } },
    },
    (request) => withAsker(db, request, (user) => findVehicle(user, request.params.id), READ),
  );

  app.patch(
    '/vehicles/:id',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Changes a vehicle, or takes it out of service',
        params: idParams,
        body: change,
        response: { 200: vehicle },
      },
    },
    (request) => withAsker(db, request, (user) => changeVehicle(user, request.params.id, request.body)),
  );

  app.delete(
    '/vehicles/:id',
    {
      ...signedIn,
      schema: {
        tags,
        security,
        summary: 'Deletes a vehicle with all its positions and events',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await withAsker(db, request, (user) => deleteVehicle(user, request.params.id));
      return reply.code(204).send(null);
    },
  );
}

const READ = { readOnly: true };
