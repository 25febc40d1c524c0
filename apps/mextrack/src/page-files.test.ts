import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestService, type TestService } from '../test/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await openTestService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('the page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', '<h1>Where your vehicles were</h1>'],
    ['/main.js', 'application/javascript; charset=utf-8', '/sign-on/sign-on.js'],
    ['/leaflet/leaflet.js', 'application/javascript; charset=utf-8', 'Leaflet'],
    ['/leaflet/leaflet.css', 'text/css; charset=utf-8', '.leaflet-container'],
    ['/sign-on/style.css', 'text/css; charset=utf-8', '--accent'],
  ])('serves %s to anybody', async (url, type, part) => {
    const answer = await service.app.inject(url);
    expect([answer.statusCode, answer.headers['content-type']]).toStrictEqual([200, type]);
    expect(answer.body).toContain(part);
  });

  it('loads and names nothing that is elsewhere', async () => {
    const { body } = await service.app.inject('/');
    expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('may show images of its own alone, where there are no tiles', async () => {
    const { headers } = await service.app.inject('/');
    expect(headers['content-security-policy']).toMatch(/img-src 'self' data:;/);
    expect((await service.app.inject('/map-settings.json')).json()).toStrictEqual({ tilesUrl: null });
  });

  it('may show tiles, where they are', async () => {
    const mapTilesUrl = 'https://tiles.example.com/{z}/{x}/{y}.png';
    await using tiled = await openTestService({ mapTilesUrl });
    const { headers } = await tiled.app.inject('/');
    expect(headers['content-security-policy']).toMatch(/img-src 'self' data: https:\/\/tiles\.example\.com;/);
    expect((await tiled.app.inject('/map-settings.json')).json()).toStrictEqual({ tilesUrl: mapTilesUrl });
  });

  it('serves nothing outside of its directories', async () => {
    for (const url of ['/../package.json', '/%2e%2e/package.json', '/leaflet/..%2f..%2fpackage.json']) {
      expect((await service.app.inject(url)).statusCode).toBe(404);
    }
  });
});
