import { setTimeout as wait } from 'node:timers/promises';
import { withTransaction } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestService, type TestService } from '../../test/service.ts';
import { insertVehicles, LORRY, VAN } from '../../test/vehicles.ts';
import { createTrackingPartitions } from '../partitions.ts';

let service: TestService;

beforeAll(async () => {
  service = await openTestService();
  await createTrackingPartitions(service.admin, { from: new Date('2026-01-01T00:00:00Z'), months: 2 });
});
beforeEach(async () => {
  await service.admin.query('TRUNCATE vehicles CASCADE');
  await insertVehicles(service.admin);
});
afterAll(() => service[Symbol.asyncDispose]());

const POSITIONS = `/vehicles/${VAN}/positions`;

/** The place of second `second` of 10 January 2026, 10:00. */
const at = (second: number) => ({
  recordedAt: new Date(Date.UTC(2026, 0, 10, 10, 0, second)).toISOString(),
  latitude: second / 1000,
  longitude: 0,
});
const batchOf = (length: number) => Array.from({ length }, (_, second) => at(second));
const send = (positions: unknown, vehicle = VAN) => service.call('POST', `/vehicles/${vehicle}/positions`, positions);

async function countPositions(): Promise<number> {
  const { rows } = await service.admin.query('SELECT count(*)::integer AS count FROM tracking_data');
  return rows[0]!['count'];
}

/** Until somebody in this database waits for somebody else. */
async function waitForLock(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await service.admin.query(waiting)).rowCount === 0) await wait(5);
}

describe('POST /vehicles/:id/positions', () => {
  it('takes one position with all that a device says', async () => {
    const position = { ...at(0), speedKmh: 42.5, headingDegrees: 0, odometerM: 7 };
    expect(await send(position)).toMatchObject({
      status: 201,
      headers: { location: `${POSITIONS}/latest` },
      body: { received: 1, added: 1 },
    });
    expect((await service.call('GET', `${POSITIONS}/latest`)).body).toStrictEqual({
      vehicleId: VAN,
      recordedAt: '2026-01-10T10:00:00.000Z',
      latitude: 0,
      longitude: 0,
      speedKmh: 42.5,
      headingDegrees: 0,
    });
  });

  it('takes 10,000 at once, and finds nothing new in them the second time', async () => {
    const batch = batchOf(10_000);
    expect(await send(batch)).toMatchObject({ status: 201, body: { received: 10_000, added: 10_000 } });
    expect(await send(batch)).toMatchObject({ status: 200, body: { received: 10_000, added: 0 } });
    expect(await countPositions()).toBe(10_000);
  });

  it('counts what is new among what is known, and leaves what is known as it is', async () => {
    await send(batchOf(150));
    const moved = batchOf(200).map(({ recordedAt, latitude }) => ({ recordedAt, latitude, longitude: 5 }));
    expect(await send(moved)).toMatchObject({ status: 201, body: { received: 200, added: 50 } });
    const { rows } = await service.admin.query(
      'SELECT count(*)::integer AS moved FROM tracking_data WHERE longitude = 5',
    );
    expect(rows).toStrictEqual([{ moved: 50 }]);
  });

  it('keeps the first of two of the same moment in one batch', async () => {
    expect(await send([at(1), { ...at(1), longitude: 9 }])).toMatchObject({ body: { received: 2, added: 1 } });
  });

  it('takes a batch that is sent many times at once, once', async () => {
    const batch = batchOf(2000);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => send(index % 2 ? batch : batch.toReversed())),
    );
    expect(answers.map(({ status }) => status).toSorted()).toStrictEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(await countPositions()).toBe(2000);
  });

  it('takes batches of several vehicles at once', async () => {
    const answers = await Promise.all([send(batchOf(1000)), send(batchOf(1000), LORRY), send(batchOf(500), LORRY)]);
    expect(answers.map(({ status }) => status).filter((status) => status > 201)).toStrictEqual([]);
    expect(await countPositions()).toBe(2000);
  });

  it('answers 404 when the vehicle is deleted while they come in', async () => {
    const answer = await withTransaction(service.admin.pool, async (client) => {
      await client.query('DELETE FROM vehicles WHERE id = $1', [VAN]);
      const sent = send(batchOf(200));
      await waitForLock();
      return { sent };
    });
    expect(await answer.sent).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it.each([
    [{ latitude: 90.1 }, '/1/latitude'],
    [{ longitude: -181 }, '/1/longitude'],
    [{ latitude: null }, '/1/latitude'],
    [{ speedKmh: -1 }, '/1/speedKmh'],
    [{ headingDegrees: 360 }, '/1/headingDegrees'],
    [{ odometerM: 1.5 }, '/1/odometerM'],
    [{ recordedAt: '2026-01-10T10:00:00' }, '/1/recordedAt'],
    [{ recordedAt: 'soon' }, '/1/recordedAt'],
  ])('refuses all when one has %o, and says which', async (fault, path) => {
    expect(await send([at(0), { ...at(1), ...fault }])).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID', errors: [{ path }] },
    });
    expect(await countPositions()).toBe(0);
  });

  it('refuses a field that it does not know', async () => {
    expect(await send({ ...at(0), speed: 5 })).toMatchObject({ status: 400 });
  });

  it.each([
    ['nothing', []],
    ['more than 10,000', batchOf(10_001)],
  ])('refuses %s with 400', async (_, positions) => {
    expect(await send(positions)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });

  it('refuses a body of more than four megabytes with 413', async () => {
    expect(await send({ ...at(0), note: 'x'.repeat(4 * 1024 * 1024) })).toMatchObject({
      status: 413,
      body: { code: 'BODY_TOO_LARGE' },
    });
  });

  it.each([
    ['1999-12-31T23:59:59Z', 400],
    ['2000-01-01T00:00:00Z', 201],
    ['2026-06-02T12:00:00Z', 201],
    ['2026-06-02T12:00:01Z', 400],
  ])('answers a position of %s on 1 June 2026, noon, with %i', async (recordedAt, status) => {
    expect(await send({ ...at(0), recordedAt })).toMatchObject({ status });
  });
});

describe('GET /vehicles/:id/positions', () => {
  const SPAN = 'from=2026-01-10T10:00:00Z&to=2026-01-10T10:00:05Z';

  it('gives what lies between two times, the first included and the last not, a page at a time', async () => {
    await send(batchOf(10));
    const first = await service.call('GET', `${POSITIONS}?${SPAN}&limit=3`);
    expect(first.body.items.map((each: { latitude: number }) => each.latitude)).toStrictEqual([0, 0.001, 0.002]);
    expect(first.body.items[0]).toStrictEqual({
      recordedAt: '2026-01-10T10:00:00.000Z',
      latitude: 0,
      longitude: 0,
      speedKmh: null,
      headingDegrees: null,
      odometerM: null,
    });
    const second = await service.call('GET', `${POSITIONS}?${SPAN}&limit=3&after=${first.body.next}`);
    expect(second.body.items.map((each: { latitude: number }) => each.latitude)).toStrictEqual([0.003, 0.004]);
    expect(second.body.next).toBeNull();
  });

  it('comes to an end where moments differ by microseconds', async () => {
    await service.admin.query(
      `INSERT INTO tracking_data (vehicle_id, recorded_at, latitude, longitude)
       SELECT $1, '2026-01-10T10:00:00.123456Z'::timestamptz + step * interval '1 microsecond', 0, 0
       FROM generate_series(0, 2) AS step`,
      [VAN],
    );
    const first = await service.call('GET', `${POSITIONS}?${SPAN}&limit=2`);
    const second = await service.call('GET', `${POSITIONS}?${SPAN}&limit=2&after=${first.body.next}`);
    expect([first.body.items.length, second.body.items.length, second.body.next]).toStrictEqual([2, 1, null]);
  });

  it.each([
    ['from=2026-01-10T10:00:05Z&to=2026-01-10T10:00:00Z', '/to'],
    ['from=2026-01-10T10:00:00Z&to=2026-01-10T10:00:00Z', '/to'],
    ['from=yesterday&to=2026-01-10T10:00:00Z', '/from'],
    ['from=2026-01-10T10:00:00Z', '/to'],
    [`${SPAN}&limit=0`, '/limit'],
    [`${SPAN}&limit=5001`, '/limit'],
  ])('refuses %s', async (query, path) => {
    expect(await service.call('GET', `${POSITIONS}?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID', errors: [{ path }] },
    });
  });
});

describe('GET /vehicles/:id/track', () => {
  const SPAN = 'from=2026-01-10T10:00:00Z&to=2026-01-10T10:16:40Z';
  const TRACK = `/vehicles/${VAN}/track?${SPAN}`;

  interface Track {
    readonly items: readonly { readonly recordedAt: string }[];
    readonly next: string | null;
  }
  const seconds = ({ items }: Track) =>
    items.map(({ recordedAt }) => (Date.parse(recordedAt) - Date.UTC(2026, 0, 10, 10)) / 1000);

  it('gives every position when no thinning is asked for', async () => {
    await send(batchOf(1000));
    expect(seconds((await service.call('GET', TRACK)).body)).toStrictEqual(Array.from({ length: 1000 }, (_, s) => s));
  });

  it('takes the first position of each stretch of time, and the last of all', async () => {
    await send(batchOf(1000));
    const { body } = await service.call('GET', `${TRACK}&points=5`);
    expect(seconds(body)).toStrictEqual([0, 250, 500, 750, 999]);
    expect(body.next).toBeNull();
  });

  it('gives all of a span that has fewer positions than points', async () => {
    await send([at(3), at(500), at(501)]);
    expect(seconds((await service.call('GET', `${TRACK}&points=1000`)).body)).toStrictEqual([3, 500, 501]);
  });

  it('cuts the time in which there are positions, however long the span is', async () => {
    await send(batchOf(1000));
    const { body } = await service.call(
      'GET',
      `/vehicles/${VAN}/track?from=2000-01-01T00:00:00Z&to=2030-01-01T00:00:00Z&points=5`,
    );
    expect(seconds(body)).toStrictEqual([0, 250, 500, 750, 999]);
  });

  it('thins positions of the same millisecond', async () => {
    await service.admin.query(
      `INSERT INTO tracking_data (vehicle_id, recorded_at, latitude, longitude)
       SELECT $1, '2026-01-10T10:00:00Z'::timestamptz + step * interval '1 microsecond', step, 0
       FROM generate_series(0, 9) AS step`,
      [VAN],
    );
    const { body } = await service.call('GET', `${TRACK}&points=3`);
    expect(body.items.map((each: { latitude: number }) => each.latitude)).toStrictEqual([0, 9]);
  });

  it('keeps first and last where only two points are asked for', async () => {
    await send(batchOf(100));
    expect(seconds((await service.call('GET', `${TRACK}&points=2`)).body)).toStrictEqual([0, 99]);
  });

  it('gives the same in pages as at once', async () => {
    await send(batchOf(1000).filter((_, second) => second % 7 !== 3));
    const whole = await service.call('GET', `${TRACK}&points=38`);
    const found: number[] = [];
    let next: string | null = '';
    while (next !== null) {
      const { body }: { body: Track } = await service.call(
        'GET',
        `${TRACK}&points=38&limit=5${next && `&after=${next}`}`,
      );
      found.push(...seconds(body));
      ({ next } = body);
    }
    expect(found).toStrictEqual(seconds(whole.body));
    expect(found.length).toBe(38);
  });

  it('is empty where the vehicle was nowhere', async () => {
    expect((await service.call('GET', `${TRACK}&points=10`)).body).toStrictEqual({ items: [], next: null });
  });

  it.each(['points=1', 'points=5001', 'points=many'])('refuses %s', async (query) => {
    expect(await service.call('GET', `${TRACK}&${query}`)).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/points' }] },
    });
  });
});

describe('GET /positions/latest', () => {
  it('gives where each vehicle was last, a page at a time', async () => {
    await send(batchOf(3));
    await send(at(7), LORRY);
    const first = await service.call('GET', '/positions/latest?limit=1');
    expect(first.body.items).toMatchObject([{ vehicleId: VAN, recordedAt: '2026-01-10T10:00:02.000Z' }]);
    const second = await service.call('GET', `/positions/latest?limit=1&after=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ vehicleId: LORRY, latitude: 0.007 }], next: null });
  });

  it('answers 404 for a vehicle that has been nowhere', async () => {
    expect(await service.call('GET', `${POSITIONS}/latest`)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });
});
