import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestService, type TestService } from '../../test/service.ts';
import { insertVehicles, LORRY, VAN } from '../../test/vehicles.ts';
import { createTrackingPartitions } from '../partitions.ts';

let service: TestService;
let gate: string;

beforeAll(async () => {
  service = await openTestService();
  await createTrackingPartitions(service.admin, { from: new Date('2026-01-01T00:00:00Z'), months: 2 });
});
beforeEach(async () => {
  await service.admin.query('TRUNCATE vehicles, geofences CASCADE');
  await insertVehicles(service.admin);
  gate = await draw({ name: 'Gate', shape: 'circle', center: { latitude: 10, longitude: 10 }, radiusM: 1000 });
});
afterAll(() => service[Symbol.asyncDispose]());

async function draw(geofence: object): Promise<string> {
  const { body } = await service.call('POST', '/geofences', geofence);
  return body.id;
}

const INSIDE = { latitude: 10, longitude: 10 };
const OUTSIDE = { latitude: 12, longitude: 10 };

/** A position on 10 January 2026 at `HH:MM`, inside of the gate or outside. */
const at = (time: string, place: object) => ({ recordedAt: `2026-01-10T${time}:00Z`, ...place });
const send = (positions: unknown, vehicle = VAN) => service.call('POST', `/vehicles/${vehicle}/positions`, positions);

interface Event {
  readonly recordedAt: string;
  readonly event: string;
}

/** `<HH:MM> <event>` of each event of the van, oldest first. */
async function readEvents(url = `/vehicles/${VAN}/events`): Promise<string[]> {
  const { body } = await service.call('GET', url);
  return body.items.map(({ recordedAt, event }: Event) => `${recordedAt.slice(11, 16)} ${event}`).toReversed();
}

describe('geofence events', () => {
  it('are found where the way leads in and out', async () => {
    await send([
      at('10:00', OUTSIDE),
      at('10:01', INSIDE),
      at('10:02', INSIDE),
      at('10:03', OUTSIDE),
      at('10:04', INSIDE),
    ]);
    expect(await readEvents()).toStrictEqual(['10:01 entered', '10:03 left', '10:04 entered']);
  });

  it('are found from one request to the next', async () => {
    await send(at('10:00', OUTSIDE));
    await send(at('10:01', INSIDE));
    await send(at('10:02', OUTSIDE));
    expect(await readEvents()).toStrictEqual(['10:01 entered', '10:02 left']);
  });

  it('begin with entering where the first position is inside', async () => {
    await send(at('10:00', INSIDE));
    expect(await readEvents()).toStrictEqual(['10:00 entered']);
  });

  it('say which vehicle, which geofence and where', async () => {
    await send(at('10:00', INSIDE));
    const { body } = await service.call('GET', `/geofences/${gate}/events`);
    expect(body).toMatchObject({
      items: [
        { vehicleId: VAN, geofenceId: gate, event: 'entered', recordedAt: '2026-01-10T10:00:00.000Z', ...INSIDE },
      ],
      next: null,
    });
  });

  it('are no more when the same batch comes again', async () => {
    const batch = [at('10:00', OUTSIDE), at('10:01', INSIDE), at('10:02', OUTSIDE)];
    await send(batch);
    await send(batch);
    expect(await readEvents()).toStrictEqual(['10:01 entered', '10:02 left']);
  });

  it('are found by late positions, which may take one back', async () => {
    await send([at('10:00', OUTSIDE), at('10:10', INSIDE), at('10:20', OUTSIDE)]);
    expect(await readEvents()).toStrictEqual(['10:10 entered', '10:20 left']);
    await send(at('10:05', INSIDE));
    expect(await readEvents()).toStrictEqual(['10:05 entered', '10:20 left']);
    await send(at('10:15', OUTSIDE));
    expect(await readEvents()).toStrictEqual(['10:05 entered', '10:15 left']);
    await send(at('10:12', OUTSIDE));
    expect(await readEvents()).toStrictEqual(['10:05 entered', '10:12 left']);
  });

  it('turn round where a late position comes between', async () => {
    await send([at('10:00', INSIDE), at('10:10', OUTSIDE)]);
    await send(at('09:00', OUTSIDE));
    await send([at('10:03', OUTSIDE), at('10:06', INSIDE)]);
    expect(await readEvents()).toStrictEqual(['10:00 entered', '10:03 left', '10:06 entered', '10:10 left']);
  });

  it('are the same in whatever order and pieces the positions arrive', async () => {
    const way = Array.from({ length: 40 }, (_, index) =>
      at(
        `${String(8 + Math.floor(index / 4)).padStart(2, '0')}:${(index % 4) * 15 || '00'}`,
        index % 5 < 2 ? INSIDE : OUTSIDE,
      ),
    );
    await send(way);
    const expected = await readEvents();
    expect(expected.length).toBe(16);
    const shuffled = way.map((_, index) => way[(index * 17) % way.length]!);
    for (let start = 0; start < shuffled.length; start += 7) await send(shuffled.slice(start, start + 7), LORRY);
    expect(await readEvents(`/vehicles/${LORRY}/events`)).toStrictEqual(expected);
  });

  it('are each found once when batches of a vehicle come at once', async () => {
    const way = Array.from({ length: 300 }, (_, index) => ({
      recordedAt: new Date(Date.UTC(2026, 0, 10, 10, 0, index * 20)).toISOString(),
      ...(index % 3 === 0 ? INSIDE : OUTSIDE),
    }));
    const batches = Array.from({ length: 10 }, (_, batch) => way.filter((__, index) => index % 10 === batch));
    const answers = await Promise.all([...batches, ...batches].map((batch) => send(batch)));
    expect(answers.map(({ status }) => status).filter((status) => status > 201)).toStrictEqual([]);
    const { rows } = await service.admin.query(
      `SELECT event, count(*)::integer AS count, count(DISTINCT recorded_at)::integer AS moments
       FROM geofence_events GROUP BY event ORDER BY event`,
    );
    expect(rows).toStrictEqual([
      { event: 'entered', count: 100, moments: 100 },
      { event: 'left', count: 100, moments: 100 },
    ]);
  });

  it('are found by polygons too, and each geofence has its own', async () => {
    const corners = [
      { latitude: 11, longitude: 9 },
      { latitude: 11, longitude: 11 },
      { latitude: 13, longitude: 11 },
      { latitude: 13, longitude: 9 },
    ];
    const yard = await draw({ name: 'Yard', shape: 'polygon', corners });
    await send([at('10:00', INSIDE), at('10:01', OUTSIDE), at('10:02', INSIDE)]);
    expect(await readEvents(`/geofences/${yard}/events`)).toStrictEqual(['10:01 entered', '10:02 left']);
    expect(await readEvents(`/geofences/${gate}/events`)).toStrictEqual([
      '10:00 entered',
      '10:01 left',
      '10:02 entered',
    ]);
  });

  it('are not found for a vehicle around which a geofence is drawn, until it leaves', async () => {
    const place = { latitude: 20, longitude: 20 };
    await send(at('10:00', place));
    const late = await draw({ name: 'Late', shape: 'circle', center: place, radiusM: 500 });
    await send(at('10:01', place));
    expect(await readEvents(`/geofences/${late}/events`)).toStrictEqual([]);
    await send(at('10:02', OUTSIDE));
    expect(await readEvents(`/geofences/${late}/events`)).toStrictEqual(['10:02 left']);
  });

  it('stay as they were found when the geofence becomes another', async () => {
    await send([at('10:00', OUTSIDE), at('10:01', INSIDE)]);
    const moved = { name: 'Gate', shape: 'circle', center: { latitude: -10, longitude: 10 }, radiusM: 1000 };
    await service.call('PUT', `/geofences/${gate}`, moved);
    await send(at('10:02', INSIDE));
    expect(await readEvents()).toStrictEqual(['10:01 entered']);
  });

  it('are found over the border of two partitions', async () => {
    await send({ recordedAt: '2026-01-31T23:59:59Z', ...OUTSIDE });
    await send({ recordedAt: '2026-02-01T00:00:00Z', ...INSIDE });
    expect(await readEvents()).toStrictEqual(['00:00 entered']);
  });

  it('come a page at a time, newest first', async () => {
    await send([at('10:00', INSIDE), at('10:01', OUTSIDE), at('10:02', INSIDE)]);
    const url = `/vehicles/${VAN}/events?limit=2`;
    const first = await service.call('GET', url);
    expect(first.body.items.map((each: Event) => each.recordedAt.slice(11, 16))).toStrictEqual(['10:02', '10:01']);
    const second = await service.call('GET', `${url}&after=${first.body.next}`);
    expect(second.body.items.map((each: Event) => each.recordedAt.slice(11, 16))).toStrictEqual(['10:00']);
    expect(second.body.next).toBeNull();
  });

  it('go with their geofence', async () => {
    await send(at('10:00', INSIDE));
    await service.call('DELETE', `/geofences/${gate}`);
    expect(await readEvents()).toStrictEqual([]);
  });
});
