import type pg from 'pg';

/** Written for its write-ahead log record only: a commit that wrote nothing would not be waited for. */
const TOUCH_LEDGER = 'UPDATE atriz.identity SET created_at = created_at';

/**
 * Runs `work`, whose commits do not wait for the disk one by one, and makes all of them durable together before it
 * returns or rejects, by one commit that does wait: write-ahead log goes to disk in order. (To a synchronous standby
 * too, where the server is set up for that.)
 *
 * Should the server itself crash meanwhile, the newest commits can be missing afterwards, from the end, whole
 * transactions: what PostgreSQL's manual, "Asynchronous Commit", promises. Nothing was reported as done by then.
 */
export async function withGroupedCommits<Result>(client: pg.Client, work: () => Promise<Result>): Promise<Result> {
  await client.query('SET synchronous_commit = off');
  let result;
  try {
    result = await work();
  } catch (error) {
    await makeDurable(client).catch(() => undefined); // the first error wins, and the connection may be gone
    throw error;
  }
  await makeDurable(client);
  return result;
}

async function makeDurable(client: pg.Client): Promise<void> {
  await client.query('ROLLBACK; RESET synchronous_commit');
  await client.query(TOUCH_LEDGER);
}
