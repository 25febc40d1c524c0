import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestService, STRANGER, type TestService } from '../../test/service.ts';

const UNKNOWN = '99999999-9999-4999-8999-999999999999';
let service: TestService;

beforeAll(async () => {
  service = await openTestService();
});
beforeEach(async () => {
  await service.admin.query('TRUNCATE vehicles CASCADE');
});
afterAll(() => service[Symbol.asyncDispose]());

async function makeVehicle(plate: string, name: string): Promise<string> {
  const { body } = await service.call('POST', '/vehicles', { plate, name });
  return body.id;
}

describe('/vehicles', () => {
  it('answers 401 without a token', async () => {
    const answer = await service.app.inject('/vehicles');
    expect([answer.statusCode, answer.json().code]).toStrictEqual([401, 'TOKEN_MISSING']);
  });

  it('makes a vehicle, says where it is, and gives it', async () => {
    const made = await service.call('POST', '/vehicles', { plate: ' AT-01-MX ', name: 'Van' });
    expect(made.status).toBe(201);
    expect(made.headers['location']).toBe(`/vehicles/${made.body.id}`);
    expect(made.body).toMatchObject({ plate: 'AT-01-MX', name: 'Van', retiredAt: null });
    expect(await service.call('GET', `/vehicles/${made.body.id}`)).toMatchObject({ status: 200, body: made.body });
  });

  it('lists by name, a page at a time', async () => {
    for (const name of ['Van', 'Lorry', 'Bike']) await makeVehicle(name, name);
    const first = await service.call('GET', '/vehicles?limit=2');
    expect(first.body.items.map((each: { name: string }) => each.name)).toStrictEqual(['Bike', 'Lorry']);
    const second = await service.call('GET', `/vehicles?limit=2&after=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ name: 'Van' }], next: null });
  });

  it('refuses a cursor of its own making with 400', async () => {
    expect(await service.call('GET', '/vehicles?after=nonsense')).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    });
  });

  it.each([
    [{ plate: '--', name: 'Van' }, '/plate'],
    [{ plate: 'A'.repeat(21), name: 'Van' }, '/plate'],
    [{ plate: 'A 1', name: ' ' }, '/name'],
    [{ plate: 'A 1', name: 'nul\0' }, '/name'],
    [{ plate: 'A 1' }, '/name'],
  ])('refuses %o', async (body, path) => {
    expect(await service.call('POST', '/vehicles', body)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID', errors: [{ path }] },
    });
  });

  it('refuses a plate that anybody has, however it is written', async () => {
    await makeVehicle('AT-01-MX', 'Van');
    const copy = await service.call('POST', '/vehicles', { plate: 'at 01mx', name: 'Copy' }, STRANGER);
    expect(copy).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    const other = await makeVehicle('B 1', 'Other');
    expect(await service.call('PATCH', `/vehicles/${other}`, { plate: 'AT 01 MX' })).toMatchObject({ status: 409 });
  });

  it('changes what is given and nothing else', async () => {
    const id = await makeVehicle('A 1', 'Van');
    const changed = await service.call('PATCH', `/vehicles/${id}`, { name: 'Old van' });
    expect(changed).toMatchObject({ status: 200, body: { plate: 'A 1', name: 'Old van', retiredAt: null } });
    expect(await service.call('PATCH', `/vehicles/${id}`, {})).toMatchObject({ status: 400 });
  });

  it('takes a vehicle out of service once, and into it again', async () => {
    const id = await makeVehicle('A 1', 'Van');
    const { body: retired } = await service.call('PATCH', `/vehicles/${id}`, { retired: true });
    expect(retired.retiredAt).toMatch(/^\d{4}-/);
    const { body: again } = await service.call('PATCH', `/vehicles/${id}`, { retired: true });
    expect(again.retiredAt).toBe(retired.retiredAt);
    expect(await service.call('PATCH', `/vehicles/${id}`, { retired: false })).toMatchObject({
      body: { retiredAt: null },
    });
  });

  it('deletes a vehicle with its positions', async () => {
    const id = await makeVehicle('A 1', 'Van');
    const position = { recordedAt: '2026-01-10T10:00:00Z', latitude: 1, longitude: 2 };
    await service.call('POST', `/vehicles/${id}/positions`, position);
    expect(await service.call('DELETE', `/vehicles/${id}`)).toMatchObject({ status: 204, body: null });
    expect((await service.admin.query('SELECT 1 FROM tracking_data')).rowCount).toBe(0);
    expect(await service.call('DELETE', `/vehicles/${id}`)).toMatchObject({ status: 404 });
  });
});

describe('another user’s vehicle', () => {
  it('is in no list of mine', async () => {
    await makeVehicle('A 1', 'Van');
    expect((await service.call('GET', '/vehicles', undefined, STRANGER)).body).toStrictEqual({ items: [], next: null });
    expect((await service.call('GET', '/positions/latest', undefined, STRANGER)).body.items).toStrictEqual([]);
  });

  const SPAN = 'from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z';
  it.each([
    ['GET', '', undefined],
    ['PATCH', '', { name: 'Mine' }],
    ['DELETE', '', undefined],
    ['POST', '/positions', { recordedAt: '2026-01-10T10:00:00Z', latitude: 1, longitude: 2 }],
    ['GET', `/positions?${SPAN}`, undefined],
    ['GET', '/positions/latest', undefined],
    ['GET', `/track?${SPAN}`, undefined],
    ['GET', `/track?${SPAN}&points=10`, undefined],
    ['GET', '/events', undefined],
  ] as const)('answers %s /vehicles/:id%s as if it were not there', async (method, path, body) => {
    const id = await makeVehicle('A 1', 'Van');
    await service.call('POST', `/vehicles/${id}/positions`, {
      recordedAt: '2026-01-10T10:00:00Z',
      latitude: 1,
      longitude: 2,
    });
    const theirs = await service.call(method, `/vehicles/${id}${path}`, body, STRANGER);
    const nobodys = await service.call(method, `/vehicles/${UNKNOWN}${path}`, body, STRANGER);
    expect(theirs).toMatchObject({ status: 404, body: { code: 'NOT_FOUND', detail: nobodys.body.detail } });
    expect(nobodys.status).toBe(404);
    const { rows } = await service.admin.query(
      'SELECT name, (SELECT count(*)::integer FROM tracking_data) FROM vehicles',
    );
    expect(rows).toStrictEqual([{ name: 'Van', count: 1 }]);
  });
});
