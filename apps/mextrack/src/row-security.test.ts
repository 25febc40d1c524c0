import { createDatabasePool, withUser, type DatabasePool } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { STRANGER } from '../test/service.ts';
import { insertVehicles, OWNER, positionAt, VAN } from '../test/vehicles.ts';
import { createTrackingPartitions } from './partitions.ts';
import { recordPositions } from './positions.ts';

const CIRCLE = `
  INSERT INTO geofences (user_id, name, shape, center_latitude, center_longitude, radius_m)
  VALUES ($1, 'Gate', 'circle', 1, 0, 1000)`;
const TABLES = ['vehicles', 'tracking_data', 'vehicle_positions', 'geofences', 'geofence_events'];
let test: TestDatabase;
/** As the runtime role. */
let app: DatabasePool;

beforeAll(async () => {
  test = await openTestDatabase();
  app = createDatabasePool({ connectionString: test.appConnectionString });
  await createTrackingPartitions(test.db, { from: new Date('2026-01-01T00:00:00Z'), months: 1 });
});
beforeEach(async () => {
  await test.db.query('TRUNCATE vehicles, geofences CASCADE');
  await insertVehicles(test.db);
  await test.db.query(CIRCLE, [OWNER]);
  await recordPositions(test.db, [positionAt(VAN, '10:00', 1)]);
});
afterAll(async () => {
  await app.close();
  await test[Symbol.asyncDispose]();
});

const countAs = (userId: string, table: string) =>
  withUser(app.pool, userId, async (client) => (await client.query(`SELECT FROM ${table}`)).rowCount);

describe('row-level security', () => {
  it.each(TABLES)('shows of %s what is the user’s, and nothing to another or to nobody', async (table) => {
    expect(await countAs(OWNER, table)).toBe(table === 'vehicles' ? 2 : 1);
    expect(await countAs(STRANGER, table)).toBe(0);
    expect((await app.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
  });

  it('is forced on every table and partition', async () => {
    const { rows } = await test.db.query(
      `SELECT relname AS name
       FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'pgmigrations'
         AND NOT (relrowsecurity AND relforcerowsecurity)`,
    );
    expect(rows).toStrictEqual([]);
  });

  it.each(['tracking_data_default', 'tracking_data_2026_01'])('is not gone round by naming %s', async (partition) => {
    await expect(countAs(OWNER, partition)).rejects.toMatchObject({ code: '42501' });
    await test.db.query(`GRANT SELECT, INSERT ON ${partition} TO PUBLIC`);
    expect(await countAs(STRANGER, partition)).toBe(0);
    expect(await countAs(OWNER, partition)).toBe(0);
    const insert = `INSERT INTO ${partition} (vehicle_id, recorded_at, latitude, longitude) VALUES ($1, '2026-01-20', 0, 0)`;
    await expect(withUser(app.pool, STRANGER, (client) => client.query(insert, [VAN]))).rejects.toMatchObject({
      code: '42501',
    });
    await test.db.query(`REVOKE ALL ON ${partition} FROM PUBLIC`);
  });

  it('takes nothing in another user’s name', async () => {
    const asStranger = (statement: string, values: unknown[]) =>
      withUser(app.pool, STRANGER, (client) => client.query(statement, values));
    const vehicle = `INSERT INTO vehicles (user_id, plate, name) VALUES ($1, 'X 1', 'Mine')`;
    await expect(asStranger(vehicle, [OWNER])).rejects.toMatchObject({ code: '42501' });
    await expect(asStranger(CIRCLE, [OWNER])).rejects.toMatchObject({ code: '42501' });
    await expect(
      withUser(app.pool, STRANGER, (client) => recordPositions(client, [positionAt(VAN, '10:01')])),
    ).rejects.toMatchObject({ code: '42501' });
    expect((await asStranger(`UPDATE vehicles SET name = 'Mine'`, [])).rowCount).toBe(0);
    expect((await asStranger('DELETE FROM geofences', [])).rowCount).toBe(0);
  });

  it('gives nothing away to a user who takes over a vehicle’s id', async () => {
    const give = withUser(app.pool, OWNER, (client) =>
      client.query('UPDATE vehicles SET user_id = $1 WHERE id = $2', [STRANGER, VAN]),
    );
    await expect(give).rejects.toMatchObject({ code: '42501' });
  });
});

describe('what triggers keep', () => {
  it('is kept for the runtime role, which may not write it', async () => {
    const added = await withUser(app.pool, OWNER, (client) =>
      recordPositions(client, [positionAt(VAN, '10:05', 2), positionAt(VAN, '10:04', 1)]),
    );
    expect(added).toBe(2);
    const last = await test.db.query('SELECT latitude FROM vehicle_positions');
    expect(last.rows).toStrictEqual([{ latitude: 2 }]);
    const events = await test.db.query('SELECT event FROM geofence_events ORDER BY recorded_at');
    expect(events.rows).toStrictEqual([{ event: 'entered' }, { event: 'left' }]);
  });

  it.each([
    'UPDATE vehicle_positions SET latitude = 0',
    'DELETE FROM geofence_events',
    'UPDATE tracking_data SET latitude = 0',
    'DELETE FROM tracking_data',
    'TRUNCATE tracking_data',
    `SELECT create_tracking_partitions('2027-01-01', 1)`,
  ])('is not written by the runtime role: %s', async (statement) => {
    await expect(withUser(app.pool, OWNER, (client) => client.query(statement))).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('goes with the vehicle that the runtime role deletes', async () => {
    await withUser(app.pool, OWNER, (client) => client.query('DELETE FROM vehicles WHERE id = $1', [VAN]));
    for (const table of ['tracking_data', 'vehicle_positions', 'geofence_events']) {
      expect((await test.db.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
    }
  });
});
