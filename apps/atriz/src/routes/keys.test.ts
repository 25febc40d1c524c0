import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../test/requests.ts';
import { openService, type TestService } from '../../test/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await openService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('GET /.well-known/jwks.json', () => {
  it('publishes the public halves, and may be kept for a while', async () => {
    const answer = await ask(service, 'GET /.well-known/jwks.json');
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
    expect(answer.json()).toStrictEqual({
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: expect.stringMatching(/^[\w-]{43}$/),
          kid: expect.any(String),
          alg: 'EdDSA',
          use: 'sig',
        },
      ],
    });
  });
});
