import { describe, expect, it } from 'vitest';
import { readMextrackSettings } from './settings.ts';

describe('readMextrackSettings', () => {
  it('finds the others at their default ports in development', () => {
    expect(readMextrackSettings({}, { production: false })).toStrictEqual({
      issuer: 'http://localhost:3000',
      keysUrl: 'http://localhost:3000/.well-known/jwks.json',
      applications: { pshop: 'http://localhost:3002' },
      mapTilesUrl: undefined,
    });
  });

  it('takes what the variables say', () => {
    const variables = {
      AUTH_ISSUER: 'https://www.example.com/',
      AUTH_JWKS_URL: 'http://website.internal/keys.json',
      MAP_TILES_URL: 'https://tiles.example.com/{z}/{x}/{y}.png',
    };
    expect(readMextrackSettings(variables, { production: true })).toStrictEqual({
      issuer: 'https://www.example.com',
      keysUrl: 'http://website.internal/keys.json',
      applications: {},
      mapTilesUrl: 'https://tiles.example.com/{z}/{x}/{y}.png',
    });
  });

  it.each([
    [{}, 'AUTH_ISSUER'],
    [{ AUTH_ISSUER: 'ftp://example.com' }, 'AUTH_ISSUER'],
    [{ AUTH_ISSUER: 'https://www.example.com', MAP_TILES_URL: 'https://tiles.example.com/' }, 'MAP_TILES_URL'],
    [{ AUTH_ISSUER: 'https://www.example.com', MAP_TILES_URL: 'https://{s}.x.com/{z}/{x}/{y}' }, 'MAP_TILES_URL'],
  ])('refuses %o in production, and says what is wrong', (variables, name) => {
    expect(() => readMextrackSettings(variables, { production: true })).toThrow(
      expect.objectContaining({ code: 'SETTING_INVALID', message: expect.stringContaining(name) }),
    );
  });
});
