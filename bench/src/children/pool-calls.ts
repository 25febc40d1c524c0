import { createDatabasePool, withTransaction } from '@atriz/database';
import pg from 'pg';

/** What the process prints: the calls a second of each, measured in turns within one process. */
export interface PoolReport {
  readonly ours: number;
  readonly bare: number;
}

const POOL_SIZE = 10;
/** Each contestant's share of the calls is done in this many turns, so that a slow second strikes both. */
const TURNS = 20;

const [kind, count] = process.argv.slice(2);
const calls = Number(count) / TURNS;
const pool = new pg.Pool({ max: POOL_SIZE });
await using db = createDatabasePool({ max: POOL_SIZE });

const contestants =
  kind === 'query'
    ? {
        ours: () => db.query('SELECT $1::int AS one', [1]),
        bare: () => pool.query('SELECT $1::int AS one', [1]),
      }
    : {
        ours: () => withTransaction(db.pool, (client) => client.query('SELECT $1::int AS one', [1])),
        bare: () => bareTransaction(),
      };

/** What everybody writes by hand, from the documentation of pg. */
async function bareTransaction(): Promise<pg.QueryResult> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await client.query('SELECT $1::int AS one', [1]);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

/** As many callers as connections, each with its next call as soon as the last one is answered. */
async function turn(call: () => Promise<unknown>, size: number): Promise<number> {
  let left = size;
  const start = performance.now();
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: POOL_SIZE }, caller));
  return performance.now() - start;
}

const spent = { ours: 0, bare: 0 };
for (const call of [contestants.ours, contestants.bare]) await turn(call, calls);
for (let index = 0; index < TURNS; index += 1) {
  // ours first, then bare first, so that neither always follows the other's garbage
  const order = index % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const);
  for (const name of order) spent[name] += await turn(contestants[name], calls);
}
await pool.end();
const report: PoolReport = {
  ours: (Number(count) / spent.ours) * 1000,
  bare: (Number(count) / spent.bare) * 1000,
};
console.log(JSON.stringify(report));
