import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layCable, type Cable } from '../test/cable.ts';
import { openTestService, type TestService } from '../test/service.ts';
import { insertVehicles, VAN } from '../test/vehicles.ts';

let cable: Cable;
let service: TestService;

beforeAll(async () => {
  cable = await layCable();
  service = await openTestService({ through: (url) => cable.through(url) });
  await insertVehicles(service.admin);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await cable[Symbol.asyncDispose]();
});

describe('the service', () => {
  it('answers 503 with Retry-After while its database is away, and recovers by itself', async () => {
    expect(await service.call('GET', '/vehicles')).toMatchObject({ status: 200 });
    await cable.cut();
    for (const url of ['/vehicles', `/vehicles/${VAN}/positions/latest`, '/geofences']) {
      expect(await service.call('GET', url)).toMatchObject({
        status: 503,
        headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
        body: { code: 'SERVICE_UNAVAILABLE' },
      });
    }
    expect((await service.app.inject('/health')).statusCode).toBe(200);
    await cable.mend();
    expect(await service.call('GET', '/vehicles')).toMatchObject({ status: 200 });
  });

  it('describes each of its routes, and what they need', async () => {
    const { paths } = (await service.app.inject('/openapi.json')).json();
    expect(
      Object.keys(paths)
        .filter((path) => !path.startsWith('/health'))
        .toSorted(),
    ).toStrictEqual([
      '/geofences',
      '/geofences/{id}',
      '/geofences/{id}/events',
      '/positions/latest',
      '/vehicles',
      '/vehicles/{id}',
      '/vehicles/{id}/events',
      '/vehicles/{id}/positions',
      '/vehicles/{id}/positions/latest',
      '/vehicles/{id}/track',
    ]);
    expect(paths['/vehicles'].post).toMatchObject({
      tags: ['vehicles'],
      summary: 'Adds a vehicle',
      security: [{ bearer: [] }],
    });
  });
});
