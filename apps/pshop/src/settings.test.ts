import { expect, test } from 'vitest';
import { readPshopSettings } from './settings.ts';

test('the website and MexTrack are at their default ports where nothing says otherwise', () => {
  expect(readPshopSettings({}, { production: false })).toStrictEqual({
    issuer: 'http://localhost:3000',
    keysUrl: 'http://localhost:3000/.well-known/jwks.json',
    applications: { mextrack: 'http://localhost:3001' },
  });
});

test('in production only what is said counts', () => {
  const variables = { AUTH_ISSUER: 'https://atriz.example/', AUTH_JWKS_URL: 'http://10.0.0.1/keys.json' };
  expect(readPshopSettings(variables, { production: true })).toStrictEqual({
    issuer: 'https://atriz.example',
    keysUrl: 'http://10.0.0.1/keys.json',
    applications: {},
  });
  expect(() => readPshopSettings({}, { production: true })).toThrow('AUTH_ISSUER is not set');
});
