import { AtrizError } from '@atriz/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createServer, type Server } from './server.ts';
import { text } from './text.ts';
import { timestamp } from './timestamp.ts';

let app: Server;

beforeAll(async () => {
  app = await createServer({
    title: 'Orchard',
    description: 'Trees.',
    corsOrigins: ['https://garden.example'],
    connectOrigins: ['https://garden.example'],
    imageOrigins: ['https://tiles.example'],
    maxBodyBytes: 1000,
  });
  app.post(
    '/trees',
    {
      schema: {
        body: z.strictObject({ planted: timestamp, name: text().max(20).optional() }),
        response: { 201: z.object({ planted: timestamp }) },
        security: [{ bearer: [] }],
      },
    },
    async (request, reply) => reply.code(201).header('location', '/trees/1').send({ planted: request.body.planted }),
  );
  app.get('/trees/:id', { schema: { params: z.object({ id: text() }) } }, async ({ params }) => params);
  app.delete('/trees/:id', async (_request, reply) => reply.code(204).send());
  app.get('/rare', { config: { rateLimit: { max: 2, timeWindow: 10_000 } } }, async () => ({}));
  app.get('/broken', async () => {
    throw new Error('password=secret');
  });
  app.get('/busy', async () => {
    throw new AtrizError('SERVICE_UNAVAILABLE', 'the orchard is closed', { retryAfterSeconds: 2.1 });
  });
  await app.ready();
});
afterAll(() => app.close());

async function plant(payload: string, headers: Record<string, string> = { 'content-type': 'application/json' }) {
  const answer = await app.inject({ method: 'POST', url: '/trees', headers, payload });
  return { status: answer.statusCode, type: answer.headers['content-type'], code: answer.json()['code'] };
}

const problem = (status: number, code: string) => ({ status, code, type: 'application/problem+json' });

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

  it('limits a route by address, as a problem that says when to come again', async () => {
    const ask = () => app.inject({ url: '/rare', remoteAddress: '192.0.2.7' });
    expect([(await ask()).statusCode, (await ask()).statusCode]).toStrictEqual([200, 200]);
    const third = await ask();
    expect(third.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    expect((await app.inject({ url: '/rare', remoteAddress: '192.0.2.8' })).statusCode).toBe(200);
  });

  it('gives back a request id that is a plain one, and its own else', async () => {
    const [plain, other] = await Promise.all(
      ['order-4711', '{"level":60}'].map((id) => app.inject({ url: '/health', headers: { 'x-request-id': id } })),
    );
    expect(plain!.headers['x-request-id']).toBe('order-4711');
    expect(other!.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a body', () => {
  it.each([
    ['is cut off', '{"planted":"2026-01-01T01:00', 400],
    ['is not JSON', 'planted=now', 400],
    ['has __proto__', '{"__proto__":{"admin":true}}', 400],
    ['has constructor.prototype', '{"constructor":{"prototype":{}}}', 400],
    ['is not an object', '[[[]]]', 400],
    ['has a NUL in a text', String.raw`{"planted":"2026-01-01T01:00:00Z","name":"a\u0000"}`, 400],
    ['has half a surrogate pair in a text', String.raw`{"planted":"2026-01-01T01:00:00Z","name":"\ud800"}`, 400],
    ['is empty', '', 400],
  ])('that %s is refused', async (_, payload, status) => {
    expect(await plant(payload)).toStrictEqual(problem(status, 'REQUEST_INVALID'));
  });

  it('that is too large is refused', async () => {
    expect(await plant(`{"name":"${'x'.repeat(1000)}"}`)).toStrictEqual(problem(413, 'BODY_TOO_LARGE'));
  });

  it('that is not UTF-8 is refused', async () => {
    const headers = { 'content-type': 'application/json' };
    const payload = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const answer = await app.inject({ method: 'POST', url: '/trees', headers, payload });
    expect(answer.json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'nonsense', ''])(
    'of type "%s" is refused',
    async (type) => {
      expect(await plant('{}', { 'content-type': type })).toStrictEqual(problem(415, 'MEDIA_TYPE_UNSUPPORTED'));
    },
  );

  it('that is missing where none is needed is no fault', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await app.inject({ method: 'DELETE', url: '/trees/1', headers })).statusCode).toBe(204);
  });
});

describe('a path', () => {
  it('that is not known is 404, whatever the method', async () => {
    const answers = await Promise.all(
      (['GET', 'POST', 'OPTIONS'] as const).map((method) => app.inject({ method, url: '/flowers' })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toStrictEqual([404, 404, 404]);
    expect(answers[0]!.json()).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('that takes other methods says which', async () => {
    const answer = await app.inject({ method: 'PUT', url: '/trees/1?x=1' });
    expect(answer.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(answer.headers['allow']).toBe('DELETE, GET, HEAD, OPTIONS');
    const options = await app.inject({ method: 'OPTIONS', url: '/trees' });
    expect([options.statusCode, options.headers['allow']]).toStrictEqual([204, 'OPTIONS, POST']);
  });

  it.each(['/trees/%', '/trees/%zz', '/trees/%E0%A4%A', '/trees/a%00b', `/trees/${'x'.repeat(101)}`])(
    'such as %s is refused',
    async (url) => {
      const answer = await app.inject(url);
      expect(answer.headers['content-type']).toMatch('application/problem+json');
      expect(answer.json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    },
  );

  it('answers HEAD as GET, without a body', async () => {
    const answer = await app.inject({ method: 'HEAD', url: '/trees/1' });
    expect([answer.statusCode, answer.body]).toStrictEqual([200, '']);
  });
});

function preflight(origin: string) {
  const headers = { origin, 'access-control-request-method': 'DELETE' };
  return app.inject({ method: 'OPTIONS', url: '/trees', headers });
}

describe('a page of another origin', () => {
  it('may call with credentials where the settings name it', async () => {
    const { statusCode, headers } = await preflight('https://garden.example');
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://garden.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    });
  });

  it('may not else', async () => {
    const { headers } = await preflight('https://garden.example.evil.example');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('the headers of an answer', () => {
  it('let a page run its own scripts and styles only', async () => {
    const { headers } = await app.inject('/health');
    expect(headers['content-security-policy']).toBe(
      "default-src 'self';script-src 'self';script-src-attr 'none';style-src 'self';img-src 'self' data: https://tiles.example;" +
        "connect-src 'self' https://garden.example;font-src 'self';object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('the OpenAPI document', () => {
  it('is 3.1, and tells of each route its problems, and of those behind a token that it is', async () => {
    const document = (await app.inject('/openapi.json')).json();
    expect(document).toMatchObject({
      openapi: '3.1.0',
      components: { schemas: { Problem: { type: 'object' } }, securitySchemes: { bearer: { type: 'http' } } },
    });
    expect(document.paths['/trees'].post).toMatchObject({
      security: [{ bearer: [] }],
      requestBody: {
        content: {
          'application/json': { schema: { properties: { planted: { type: 'string', format: 'date-time' } } } },
        },
      },
      responses: {
        201: { content: { 'application/json': {} } },
        401: { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
        default: { content: { 'application/problem+json': {} } },
      },
    });
    expect(document.paths['/health'].get.responses).not.toHaveProperty('401');
  });

  it('has a page to read it', async () => {
    const page = await app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/<script(?![^>]*src=)/);
    expect(page.headers['content-security-policy']).toMatch("script-src 'self';");
  });
});
