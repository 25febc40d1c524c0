import type pg from 'pg';

/**
 * Lets `work` read in one transaction that cannot write: it sees the database as it was at one moment. A query that
 * fails, such as one about a table that is not there, fails alone. The transaction's mode ends with it, so that behind
 * a pooler nobody inherits it.
 */
export async function withReadOnly<Result>(
  client: pg.ClientBase,
  work: (client: pg.ClientBase) => Promise<Result>,
): Promise<Result> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  let result: Result;
  try {
    result = await work(guarded(client));
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // the first error is the one to tell
    throw error;
  }
  await client.query('ROLLBACK');
  return result;
}

/** Sends one query after the other, each within a savepoint of its own. */
function guarded(client: pg.ClientBase): pg.ClientBase {
  let last: Promise<unknown> = Promise.resolve();
  const query = async (text: string, values?: unknown[]): Promise<pg.QueryResult> => {
    await client.query('SAVEPOINT reading');
    try {
      const result = await client.query(text, values);
      await client.query('RELEASE reading');
      return result;
    } catch (error) {
      await client.query('ROLLBACK TO reading').catch(() => undefined);
      throw error;
    }
  };
  const inTurn = (text: string, values?: unknown[]): Promise<pg.QueryResult> => {
    const result = last.then(() => query(text, values));
    last = result.catch(() => undefined);
    return result;
  };
  return { query: inTurn } as unknown as pg.ClientBase;
}
