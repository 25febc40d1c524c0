import { copyRows, seedId, type SeedFunction } from '@atriz/database';
import type { TrackingData } from '../src/schema.ts';

const VEHICLES = 10;
const POSITIONS_OF_EACH = 1000;
/** Fixed, so that every machine seeds the same rows; the drive goes on into February, a second partition. */
const STARTS_AT_MS = Date.UTC(2026, 0, 30);
const STEP_MS = 5 * 60 * 1000;
const STEP_RADIANS = 0.6;
const COLUMNS = [
  'vehicle_id',
  'recorded_at',
  'latitude',
  'longitude',
  'speed_kmh',
  'heading_degrees',
] as const satisfies readonly (keyof TrackingData)[];

type Position = readonly [vehicleId: string, recordedAt: Date, ...numbers: number[]];

/** Ten thousand positions through COPY, a thousand for each seeded vehicle. Vehicles that have any are left alone. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no positions: they are invented, and this is production');
    return;
  }
  await client.query(`SELECT create_tracking_partitions('2026-01-01', 2)`);
  const ids = Array.from({ length: VEHICLES }, (_, index) => seedId(`vehicle:${index + 1}`));
  const waiting = await client.query<{ id: string }>(
    `SELECT id
     FROM vehicles
     WHERE id = ANY ($1) AND NOT EXISTS (SELECT 1 FROM tracking_data WHERE tracking_data.vehicle_id = vehicles.id)`,
    [ids],
  );
  const found = new Set(waiting.rows.map(({ id }) => id));
  const { rows } = await copyRows(client, { table: 'tracking_data', columns: COLUMNS }, positions(ids, found));
  log(`${rows} positions`);
};

function* positions(ids: readonly string[], wanted: ReadonlySet<string>): Generator<Position> {
  for (const [index, id] of ids.entries()) {
    if (!wanted.has(id)) continue;
    for (let step = 0; step < POSITIONS_OF_EACH; step += 1) yield positionAt(id, index, step);
  }
}

/** Each vehicle drives round a circle of its own, counter-clockwise, eleven kilometres across. */
function positionAt(vehicleId: string, index: number, step: number): Position {
  const angle = index + step * STEP_RADIANS;
  return [
    vehicleId,
    new Date(STARTS_AT_MS + step * STEP_MS),
    round(38.72 + 0.05 * Math.sin(angle), 6),
    round(-9.14 + 0.05 * index + 0.05 * Math.cos(angle), 6),
    30 + ((index + step) % 30),
    round((((-angle * 180) / Math.PI) % 360) + 360, 1) % 360,
  ];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export default seed;
