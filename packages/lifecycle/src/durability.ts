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
    await rescue(client);
    throw error;
  }
  await makeDurable(client);
  return result;
}

/** After a failure: what was committed before it is kept. The first error wins; this one may be that nobody is there. */
async function rescue(client: pg.Client): Promise<void> {
  try {
    await client.query('ROLLBACK');
    await makeDurable(client);
  } catch {
    // the connection is gone, and what it committed reaches the disk within a second without us
  }
}

/** `off` may be the server's own default, as the embedded one's is; then this commit waits all the same. */
const WAIT_FOR_DISK = `
RESET synchronous_commit;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`;

async function makeDurable(client: pg.Client): Promise<void> {
  await client.query(WAIT_FOR_DISK);
  await client.query(TOUCH_LEDGER);
}
