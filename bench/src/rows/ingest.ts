import { copyRows, createDatabasePool, seedId } from '@atriz/database';
import { makeBatches, COLUMNS } from '../fixtures/vehicle-positions.ts';
import { signIn, startServices } from '../fixtures/services.ts';
import { runLoad } from '../load.ts';
import { runRounds, timed } from '../rounds.ts';
import type { Row } from '../row.ts';

const BATCHES = 20;
const BATCH = 10_000;
const AT_ONCE = 2;

const OURS = 'POST /vehicles/:id/positions';
const PEER = 'copyRows into tracking_data (call)';

/** What comes in over HTTP as JSON and is checked, beside the same rows copied by who may do everything. */
export const ingest: Row = {
  name: 'ingest',
  title: '20 batches of 10,000 positions, two at once, positions a second',
  unit: '/s',
  comparisons: [{ ours: OURS, peer: PEER, bar: { atLeast: 0.7 } }],
  run: async (environment) => {
    await using services = await startServices(environment, 'mextrack');
    await using db = createDatabasePool({ connectionString: environment.connectionString('mextrack_db') });
    const token = await signIn(services.website, 'manager@atriz.dev');
    const vehicleId = seedId('vehicle:1');
    const batches = makeBatches(vehicleId, { count: BATCHES, size: BATCH });
    const bodies = batches.map((batch) =>
      JSON.stringify(
        batch.map(([, recordedAt, latitude, longitude, speedKmh, headingDegrees]) => ({
          recordedAt,
          latitude,
          longitude,
          speedKmh,
          headingDegrees,
        })),
      ),
    );
    const empty = () => environment.query('mextrack_db', 'TRUNCATE tracking_data', 'CHECKPOINT');
    const checkCount = async (): Promise<void> => {
      const { rows } = await db.query<{ count: string }>('SELECT count(*) FROM tracking_data');
      if (Number(rows[0]!.count) !== BATCHES * BATCH) throw new Error(`${rows[0]!.count} positions arrived`);
    };
    return await runRounds(
      {
        [OURS]: async () => {
          await empty();
          const left = [...bodies];
          const { answersASecond } = await runLoad({
            url: `${services.url}/vehicles/${vehicleId}/positions`,
            method: 'POST',
            headers: { authorization: `Bearer ${token}` },
            nextBody: () => left.pop() ?? bodies[0]!,
            connections: AT_ONCE,
            until: { requests: BATCHES },
          });
          await checkCount();
          return answersASecond * BATCH;
        },
        [PEER]: async () => {
          await empty();
          const left = [...batches];
          const ms = await timed(() => Promise.all(Array.from({ length: AT_ONCE }, copySome)));
          await checkCount();
          return ((BATCHES * BATCH) / ms) * 1000;

          async function copySome(): Promise<void> {
            const client = await db.pool.connect();
            try {
              for (let batch = left.pop(); batch !== undefined; batch = left.pop()) {
                await copyRows(client, { table: 'tracking_data', columns: COLUMNS }, batch);
              }
            } finally {
              client.release();
            }
          }
        },
      },
      { rounds: 5, onFigure: environment.onFigure },
    );
  },
};
