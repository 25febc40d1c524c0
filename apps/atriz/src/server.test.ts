import { createAuth, createTokenVerifier } from '@atriz/core';
import { createDatabasePool } from '@atriz/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../test/requests.ts';
import { ISSUER, openService, PASSWORD, type TestService } from '../test/service.ts';
import { buildServer } from './server.ts';

const NO_MAIL = { sendVerification() {}, sendPasswordReset() {}, sendPasswordChanged() {} };
let service: TestService;

beforeAll(async () => {
  service = await openService({ requestsPerMinute: 1000 });
});
afterAll(() => service[Symbol.asyncDispose]());

describe('the website', () => {
  it.each([
    ['/', 'text/html'],
    ['/main.js', 'application/javascript'],
    ['/sign-on/sign-on.js', 'text/javascript'],
    ['/sign-on/style.css', 'text/css'],
  ])('serves %s under a policy without foreign or inline scripts', async (url, type) => {
    const answer = await ask(service, `GET ${url}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(type);
    expect(answer.headers['content-security-policy']).toMatch(/script-src 'self'(?:;|$)/);
  });

  it('answers what is no file as an unknown route', async () => {
    for (const url of ['/nothing.js', '/../package.json', '/%2e%2e/package.json']) {
      expect((await ask(service, `GET ${url}`)).statusCode).toBe(404);
    }
  });

  it('has a page without inline scripts or styles', async () => {
    const { body } = await ask(service, 'GET /');
    expect(body).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
  });

  it('lets nobody on the way keep a token', async () => {
    const ada = await service.signUp('Tess');
    const payload = { email: ada.email, password: PASSWORD };
    const answers = [
      await ask(service, 'POST /auth/sign-in', { payload }),
      await ask(service, 'POST /auth/session', { payload, headers: { origin: ISSUER } }),
      await ask(service, 'GET /profile', { user: ada }),
    ];
    expect(answers.map(({ headers }) => headers['cache-control'])).toStrictEqual(['no-store', 'no-store', 'no-store']);
  });

  it('takes five contact messages a minute of one address', async () => {
    const payload = { name: 'Rui', email: 'rui@example.com', subject: 'Vans', body: 'Forty.' };
    const statuses = [];
    for (let left = 6; left > 0; left -= 1) {
      statuses.push((await ask(service, 'POST /contact-messages', { payload })).statusCode);
    }
    expect(statuses).toStrictEqual([201, 201, 201, 201, 201, 429]);
  });

  it('describes its routes, and which of them take a token', async () => {
    const { paths } = (await ask(service, 'GET /openapi.json')).json();
    expect(paths['/auth/sign-in'].post.security).toBeUndefined();
    expect(paths['/auth/me'].get.security).toStrictEqual([{ bearer: [] }]);
    expect(Object.keys(paths)).toContain('/contact-messages/{id}/handle');
  });
});

describe('the website without atriz_shared', () => {
  it('serves profiles to who holds an access token, and says of the sign-on when to come again', async () => {
    const ada = await service.signUp('Ada');
    await using away = createDatabasePool({ connectionString: 'postgresql://nobody@127.0.0.1:1/nowhere' });
    const { keys, own } = service;
    const audiences = ['atriz'];
    await using auth = createAuth({ pool: away, keys, issuer: ISSUER, audiences, mail: NO_MAIL, passwordCost: 4 });
    const app = await buildServer({
      pools: { own: own.db, shared: away },
      auth,
      keys,
      verifier: createTokenVerifier({ issuer: ISSUER, audience: 'atriz', keys }),
      settings: { issuer: ISSUER, applications: {}, production: false, corsOrigins: [], trustProxy: false },
    });

    expect((await ask({ app }, 'GET /profile', { user: ada })).statusCode).toBe(200);
    const payload = { email: ada.email, password: PASSWORD };
    for (const target of ['POST /auth/sign-in', 'POST /auth/session']) {
      const answer = await ask({ app }, target, { payload, headers: { origin: ISSUER } });
      expect([answer.statusCode, answer.json().code]).toStrictEqual([503, 'SERVICE_UNAVAILABLE']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    await app.close();
  });
});
