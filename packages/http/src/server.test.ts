import { AtrizError } from '@atriz/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createServer, type Server } from './server.ts';
import { timestamp } from './timestamp.ts';

let app: Server;

beforeAll(async () => {
  app = await createServer({ title: 'Orchard', description: 'Trees.' });
  app.post(
    '/trees',
    { schema: { body: z.strictObject({ planted: timestamp }), response: { 201: z.object({ planted: timestamp }) } } },
    async (request, reply) => reply.code(201).header('location', '/trees/1').send({ planted: request.body.planted }),
  );
  app.get('/broken', async () => {
    throw new Error('password=secret');
  });
  app.get('/busy', async () => {
    throw new AtrizError('SERVICE_UNAVAILABLE', 'the orchard is closed', { retryAfterSeconds: 2.1 });
  });
  await app.ready();
});
afterAll(() => app.close());

describe('a server', () => {
  it('gives moments to routes as dates, and to clients as text in UTC', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/trees',
      payload: { planted: '2026-01-01T01:00:00+01:00' },
    });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toStrictEqual({ planted: '2026-01-01T00:00:00.000Z' });
  });

  it('answers a request that does not fit with a problem that names each fault', async () => {
    const answer = await app.inject({ method: 'POST', url: '/trees', payload: { planted: 'soon' } });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'REQUEST_INVALID', errors: [{ path: '/planted' }] });
  });

  it('keeps to itself what went wrong on its side', async () => {
    const answer = await app.inject('/broken');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch('secret');
  });

  it('says when to come again', async () => {
    const answer = await app.inject('/busy');
    expect([answer.statusCode, answer.headers['retry-after']]).toStrictEqual([503, '3']);
  });

  it('describes itself in OpenAPI 3.1', async () => {
    const answer = await app.inject('/openapi.json');
    expect(answer.json()).toMatchObject({ openapi: '3.1.0', paths: { '/trees': { post: {} } } });
  });
});
