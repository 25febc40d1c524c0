import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signOnFiles } from './sign-on-files.ts';

let app: FastifyInstance;

beforeAll(async () => {
  app = Fastify();
  await app.register(signOnFiles, {
    website: 'https://www.example.com',
    applications: { orchard: 'https://orchard.example.com' },
  });
});
afterAll(() => app.close());

describe('signOnFiles', () => {
  it.each([
    ['/sign-on/sign-on.js', 'text/javascript; charset=utf-8', 'export async function openSignOn'],
    ['/sign-on/style.css', 'text/css; charset=utf-8', 'color-scheme: light dark'],
  ])('serves %s', async (url, type, part) => {
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.body).toContain(part);
  });

  it('tells a page where the website and the other applications are', async () => {
    expect((await app.inject('/sign-on/settings.json')).json()).toStrictEqual({
      website: 'https://www.example.com',
      applications: { orchard: 'https://orchard.example.com' },
    });
  });
});
