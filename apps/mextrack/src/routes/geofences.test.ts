import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestService, STRANGER, type TestService } from '../../test/service.ts';

const UNKNOWN = '99999999-9999-4999-8999-999999999999';
const CIRCLE = { name: 'Depot', shape: 'circle', center: { latitude: 38.72, longitude: -9.14 }, radiusM: 800 };
const POLYGON = {
  name: 'Delivery area',
  shape: 'polygon',
  corners: [
    { latitude: 0, longitude: 10 },
    { latitude: 0, longitude: 11 },
    { latitude: 1, longitude: 11 },
  ],
};
let service: TestService;

beforeAll(async () => {
  service = await openTestService();
});
beforeEach(async () => {
  await service.admin.query('TRUNCATE geofences CASCADE');
});
afterAll(() => service[Symbol.asyncDispose]());

const make = (geofence: object, user?: string) => service.call('POST', '/geofences', geofence, user);

describe('/geofences', () => {
  it.each([CIRCLE, POLYGON])('draws a $shape, and gives it as it was drawn', async (geofence) => {
    const made = await make(geofence);
    expect(made).toMatchObject({ status: 201, headers: { location: `/geofences/${made.body.id}` }, body: geofence });
    expect((await service.call('GET', `/geofences/${made.body.id}`)).body).toStrictEqual(made.body);
  });

  it('keeps the corners of a polygon as GeoJSON has them', async () => {
    await make(POLYGON);
    const { rows } = await service.admin.query('SELECT polygon FROM geofences');
    expect(rows).toStrictEqual([
      {
        polygon: [
          [10, 0],
          [11, 0],
          [11, 1],
        ],
      },
    ]);
  });

  it('lists by name, a page at a time', async () => {
    await make(CIRCLE);
    await make(POLYGON);
    const first = await service.call('GET', '/geofences?limit=1');
    expect(first.body.items).toMatchObject([{ name: 'Delivery area', shape: 'polygon' }]);
    expect((await service.call('GET', `/geofences?limit=1&after=${first.body.next}`)).body).toMatchObject({
      items: [{ name: 'Depot', shape: 'circle' }],
      next: null,
    });
  });

  it('puts another area in place of one', async () => {
    const { body } = await make(CIRCLE);
    expect(await service.call('PUT', `/geofences/${body.id}`, { ...POLYGON, name: 'Depot' })).toMatchObject({
      status: 200,
      body: { id: body.id, shape: 'polygon', name: 'Depot' },
    });
  });

  it('refuses a second one of the same name, of the same user', async () => {
    await make(CIRCLE);
    expect(await make(CIRCLE)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(await make(CIRCLE, STRANGER)).toMatchObject({ status: 201 });
    const { body } = await make(POLYGON);
    expect(await service.call('PUT', `/geofences/${body.id}`, CIRCLE)).toMatchObject({ status: 409 });
  });

  it('deletes one', async () => {
    const { body } = await make(CIRCLE);
    expect(await service.call('DELETE', `/geofences/${body.id}`)).toMatchObject({ status: 204, body: null });
    expect(await service.call('GET', `/geofences/${body.id}`)).toMatchObject({ status: 404 });
  });

  it.each([
    [{ ...CIRCLE, radiusM: 0 }],
    [{ ...CIRCLE, radiusM: 1_000_001 }],
    [{ ...CIRCLE, center: { latitude: 91, longitude: 0 } }],
    [{ ...CIRCLE, corners: POLYGON.corners }],
    [{ ...CIRCLE, shape: 'blob' }],
    [{ ...POLYGON, corners: POLYGON.corners.slice(0, 2) }],
    [{ ...POLYGON, corners: Array.from({ length: 1001 }, () => ({ latitude: 0, longitude: 0 })) }],
    [{ ...POLYGON, name: '' }],
  ])('refuses %o', async (geofence) => {
    expect(await make(geofence)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });

  it('takes a polygon of a thousand corners of all digits', async () => {
    const corners = Array.from({ length: 1000 }, (_, index) => ({
      latitude: -38 / 3 + index / 1e4,
      longitude: -109 / 3 + Math.sin(index),
    }));
    expect(await make({ ...POLYGON, corners })).toMatchObject({ status: 201 });
  });
});

describe('another user’s geofence', () => {
  it('is in no list of mine', async () => {
    await make(CIRCLE);
    expect((await service.call('GET', '/geofences', undefined, STRANGER)).body).toStrictEqual({
      items: [],
      next: null,
    });
  });

  it.each([
    ['GET', '', undefined],
    ['PUT', '', POLYGON],
    ['DELETE', '', undefined],
    ['GET', '/events', undefined],
  ] as const)('answers %s /geofences/:id%s as if it were not there', async (method, path, body) => {
    const { body: made } = await make(CIRCLE);
    const theirs = await service.call(method, `/geofences/${made.id}${path}`, body, STRANGER);
    const nobodys = await service.call(method, `/geofences/${UNKNOWN}${path}`, body, STRANGER);
    expect(theirs).toMatchObject({ status: 404, body: { code: 'NOT_FOUND', detail: nobodys.body.detail } });
    expect((await service.call('GET', `/geofences/${made.id}`)).body).toStrictEqual(made);
  });
});
