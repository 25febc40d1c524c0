import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import type { DatabasePool } from './pool.ts';
import { withSavepoint, withTransaction } from './transaction.ts';

let database: EmptyDatabase;
let db: DatabasePool;
beforeAll(async () => {
  database = await openEmptyDatabase();
  db = database.db;
  await db.query('CREATE TABLE accounts (id int PRIMARY KEY, cents int NOT NULL CHECK (cents >= 0))');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await db.query('TRUNCATE accounts');
  await db.query('INSERT INTO accounts VALUES (1, 100), (2, 200)');
});

async function readCents(): Promise<number[]> {
  const { rows } = await db.query<{ cents: number }>('SELECT cents FROM accounts ORDER BY id');
  return rows.map(({ cents }) => cents);
}

function expectAtRest({ pool }: DatabasePool): void {
  expect({ waiting: pool.waitingCount, inUse: pool.totalCount - pool.idleCount }).toEqual({ waiting: 0, inUse: 0 });
}

/** Resolves to what a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not reject');
}

test('what work resolves to is returned, and what it did is committed', async () => {
  const result = await withTransaction(db.pool, async (client) => {
    await client.query('UPDATE accounts SET cents = cents - 30 WHERE id = 1');
    await client.query('UPDATE accounts SET cents = cents + 30 WHERE id = 2');
    return 'moved';
  });
  expect(result).toBe('moved');
  await expect(readCents()).resolves.toEqual([70, 230]);
  expectAtRest(db);
});

test('when work rejects, the very error is rethrown and nothing is kept', async () => {
  const error = new Error('changed my mind');
  const thrown = await errorOf(
    withTransaction(db.pool, async (client) => {
      await client.query('UPDATE accounts SET cents = 0');
      throw error;
    }),
  );
  expect(thrown).toBe(error);
  await expect(readCents()).resolves.toEqual([100, 200]);
  expectAtRest(db);
});

test('a failed query rejects with its SQLSTATE, and nothing is kept', async () => {
  await expect(
    withTransaction(db.pool, async (client) => {
      await client.query('UPDATE accounts SET cents = 0 WHERE id = 1');
      await client.query('UPDATE accounts SET cents = -1 WHERE id = 2');
    }),
  ).rejects.toMatchObject({ code: '23514', constraint: 'accounts_cents_check' });
  await expect(readCents()).resolves.toEqual([100, 200]);
});

test.each(['read committed', 'repeatable read', 'serializable'] as const)(
  'a transaction asked to be %s is',
  async (isolation) => {
    const { rows } = await withTransaction(
      db.pool,
      (client) => client.query<{ level: string }>(`SELECT current_setting('transaction_isolation') AS level`),
      { isolation },
    );
    expect(rows).toEqual([{ level: isolation }]);
  },
);

test('a read-only transaction refuses to write, with SQLSTATE 25006', async () => {
  await expect(
    withTransaction(db.pool, (client) => client.query('UPDATE accounts SET cents = 0'), { readOnly: true }),
  ).rejects.toMatchObject({ code: '25006' });
  await expect(
    withTransaction(db.pool, (client) => client.query('SELECT 1'), { readOnly: true, isolation: 'serializable' }),
  ).resolves.toMatchObject({ rowCount: 1 });
});

/** Reads both accounts, lets the other transaction do the same, and then writes one: write skew. */
async function skew({ retries }: { readonly retries?: number }): Promise<{ runs: number; cents: number[] }> {
  let runs = 0;
  const bothHaveRead = meeting(2);
  const withdraw = async (client: pg.PoolClient, id: number): Promise<void> => {
    runs += 1;
    const { rows } = await client.query<{ sum: number }>('SELECT sum(cents)::int AS sum FROM accounts');
    await bothHaveRead();
    if (rows[0]!.sum < 300) return;
    await client.query('UPDATE accounts SET cents = cents - 100 WHERE id = $1', [id]);
  };
  const options = { isolation: 'serializable', ...(retries === undefined ? {} : { retries }) } as const;
  const results = await Promise.allSettled(
    [1, 2].map((id) => withTransaction(db.pool, (client) => withdraw(client, id), options)),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return { runs, cents: await readCents() };
}

/** A function whose first callers wait until there are `count` of them; later ones do not wait. */
function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let here = 0;
  return () => {
    here += 1;
    if (here >= count) resolve();
    return promise;
  };
}

test('a serialisation failure is not retried unless asked', async () => {
  await expect(skew({})).rejects.toMatchObject({ code: '40001' });
  expectAtRest(db);
});

test('a serialisation failure is retried when asked, with all of work', async () => {
  const { runs, cents } = await skew({ retries: 3 });
  expect(runs).toBe(3);
  expect(cents.reduce((sum, each) => sum + each)).toBe(200);
});

async function deadlock(retries: number): Promise<number> {
  let runs = 0;
  const bothHoldOne = meeting(2);
  const update = (first: number, second: number): Promise<void> =>
    withTransaction(
      db.pool,
      async (client) => {
        runs += 1;
        await client.query(`SET LOCAL deadlock_timeout = '20ms'`);
        await client.query('UPDATE accounts SET cents = cents + 1 WHERE id = $1', [first]);
        await bothHoldOne();
        await client.query('UPDATE accounts SET cents = cents + 1 WHERE id = $1', [second]);
      },
      { retries },
    );
  const results = await Promise.allSettled([update(1, 2), update(2, 1)]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return runs;
}

test('a deadlock is not retried unless asked', async () => {
  await expect(deadlock(0)).rejects.toMatchObject({ code: '40P01' });
  await expect(readCents()).resolves.toEqual([101, 201]);
});

test('a deadlock is retried when asked', async () => {
  await expect(deadlock(3)).resolves.toBe(3);
  await expect(readCents()).resolves.toEqual([102, 202]);
});

test('retries end: the last failure is thrown', async () => {
  let runs = 0;
  await expect(
    withTransaction(
      db.pool,
      async (client) => {
        runs += 1;
        await client.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
      },
      { retries: 2 },
    ),
  ).rejects.toMatchObject({ code: '40001', message: 'again' });
  expect(runs).toBe(3);
});

test('another failure than those two is not retried', async () => {
  let runs = 0;
  const failing = withTransaction(
    db.pool,
    async (client) => {
      runs += 1;
      await client.query('SELECT 1 / 0');
    },
    { retries: 5 },
  );
  await expect(failing).rejects.toMatchObject({ code: '22012' });
  expect(runs).toBe(1);
});

test('a swallowed error is thrown at COMMIT with the first failed query as its cause', async () => {
  const error = await errorOf(
    withTransaction(db.pool, async (client) => {
      await client.query('UPDATE accounts SET cents = 0 WHERE id = 1');
      await client.query('SELECT 1 / 0').catch(() => undefined);
      await client.query('SELECT 2').catch(() => undefined);
      return 'looks like success';
    }),
  );
  expect(error).toMatchObject({ code: 'TRANSACTION_ABORTED', cause: { code: '22012', message: 'division by zero' } });
  await expect(readCents()).resolves.toEqual([100, 200]);
  expectAtRest(db);
});

test('an error that a savepoint undid is not named as the cause of a later one that was swallowed', async () => {
  const error = await errorOf(
    withTransaction(db.pool, async (client) => {
      await withSavepoint(client, () => client.query('SELECT 1 / 0')).catch(() => undefined);
      await client.query('SELECT * FROM nowhere').catch(() => undefined);
    }),
  );
  expect(error).toMatchObject({ code: 'TRANSACTION_ABORTED', cause: { code: '42P01' } });
});

test('an error at COMMIT itself is thrown as it is', async () => {
  await db.query(`CREATE TABLE entries (account int,
    CONSTRAINT entries_account_fkey FOREIGN KEY (account) REFERENCES accounts DEFERRABLE INITIALLY DEFERRED)`);
  await expect(
    withTransaction(db.pool, (client) => client.query('INSERT INTO entries VALUES (9)')),
  ).rejects.toMatchObject({ code: '23503', constraint: 'entries_account_fkey' });
  await db.query('DROP TABLE entries');
  expectAtRest(db);
});

test('a backend killed in the middle of a query: its error, a usable pool, no connection left', async () => {
  await using observed = database.openPool({ max: 1 });
  const work = withTransaction(observed.pool, async (client) => {
    await client.query('UPDATE accounts SET cents = 0');
    await client.query('SELECT pg_sleep(60)');
  });
  const error = errorOf(work);
  await vi.waitFor(async () => {
    const { rowCount } = await db.query(`SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'`);
    expect(rowCount).toBe(1);
  });
  await observed.killBackends();
  await expect(error).resolves.toMatchObject({ code: '57P01' });
  expect(observed.pool.totalCount).toBe(0);
  await expect(observed.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
  expect(observed.pool.totalCount).toBe(1);
  await expect(observed.countSessions()).resolves.toBe(1);
  await expect(readCents()).resolves.toEqual([100, 200]);
});

test('a backend killed between two queries: the next one rejects, and the client is not used again', async () => {
  await using observed = database.openPool({ max: 1 });
  await expect(
    withTransaction(observed.pool, async (client) => {
      await client.query('UPDATE accounts SET cents = 0');
      const gone = ended(client);
      await observed.killBackends();
      await gone;
      await client.query('SELECT 1');
    }),
  ).rejects.toThrow('not queryable');
  expect(observed.pool.totalCount).toBe(0);
  await expect(observed.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
});

test('a backend killed after the last query: CONNECTION_LOST, and it says that nothing was kept', async () => {
  await using observed = database.openPool({ max: 1 });
  const error = await errorOf(
    withTransaction(observed.pool, async (client) => {
      await client.query('UPDATE accounts SET cents = 0');
      const gone = ended(client);
      await observed.killBackends();
      await gone;
    }),
  );
  expect(error).toMatchObject({
    code: 'CONNECTION_LOST',
    message: 'the connection broke before COMMIT, so nothing was kept',
    cause: { code: '57P01' },
  });
  expect(observed.pool.totalCount).toBe(0);
  await expect(readCents()).resolves.toEqual([100, 200]);
});

test('a backend killed during COMMIT: 57P01, the server’s answer, and nothing was kept', async () => {
  await using observed = database.openPool({ max: 1 });
  await db.query(`
    CREATE FUNCTION sleep_at_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE ON accounts DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION sleep_at_commit()`);
  const work = withTransaction(observed.pool, (client) => client.query('UPDATE accounts SET cents = 0 WHERE id = 1'));
  const error = errorOf(work);
  await vi.waitFor(async () => {
    const { rowCount } = await db.query(`SELECT FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'`);
    expect(rowCount).toBe(1);
  });
  await observed.killBackends();
  await expect(error).resolves.toMatchObject({ code: '57P01', severity: 'FATAL' });
  expect(observed.pool.totalCount).toBe(0);
  await db.query('DROP TRIGGER slow_commit ON accounts');
  await expect(observed.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
  await expect(readCents()).resolves.toEqual([100, 200]);
});

test('a connection that breaks during COMMIT without an answer is CONNECTION_LOST: nobody knows', async () => {
  await using observed = database.openPool({ max: 1 });
  const error = await errorOf(
    withTransaction(observed.pool, async (client) => {
      await client.query('UPDATE accounts SET cents = 7 WHERE id = 1');
      cutAtNextWrite(client);
    }),
  );
  expect(error).toMatchObject({
    code: 'CONNECTION_LOST',
    message: 'the connection broke during COMMIT; whether it took effect is not known',
    hint: 'look for its effect before you repeat it',
  });
  expect(observed.pool.totalCount).toBe(0);
});

test('a connection whose ROLLBACK is not answered is closed, not given to the next caller', async () => {
  await using observed = database.openPool({ max: 1, query_timeout: 200 });
  await expect(withTransaction(observed.pool, (client) => client.query('SELECT pg_sleep(1)'))).rejects.toThrow(
    'Query read timeout',
  );
  expect(observed.pool.totalCount).toBe(0);
  await expect(observed.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
});

/** Destroys the socket as soon as something more is sent: a network that fails. */
function cutAtNextWrite(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: { write: () => boolean; destroy(): void } } })
    .connection;
  stream.write = () => {
    stream.destroy();
    return true;
  };
}

function ended(client: pg.PoolClient): Promise<void> {
  return new Promise((resolve) => void client.once('end', resolve));
}

test('a savepoint that resolves is kept with its transaction', async () => {
  await withTransaction(db.pool, async (client) => {
    const { rowCount } = await withSavepoint(client, (same) =>
      same.query('UPDATE accounts SET cents = 1 WHERE id = 1'),
    );
    expect(rowCount).toBe(1);
  });
  await expect(readCents()).resolves.toEqual([1, 200]);
});

test('a savepoint that rejects undoes its own part, rethrows, and leaves the transaction usable', async () => {
  await withTransaction(db.pool, async (client) => {
    await client.query('UPDATE accounts SET cents = 1 WHERE id = 1');
    const inner = withSavepoint(client, async () => {
      await client.query('UPDATE accounts SET cents = 2');
      await client.query('SELECT 1 / 0');
    });
    await expect(inner).rejects.toMatchObject({ code: '22012' });
    await client.query('UPDATE accounts SET cents = cents + 10 WHERE id = 1');
  });
  await expect(readCents()).resolves.toEqual([11, 200]);
});

test('savepoints nest: the inner is undone, the outer kept, and the reverse', async () => {
  await withTransaction(db.pool, async (client) => {
    await withSavepoint(client, async () => {
      await client.query('UPDATE accounts SET cents = 1 WHERE id = 1');
      await withSavepoint(client, async () => {
        await client.query('UPDATE accounts SET cents = 9 WHERE id = 2');
        throw new Error('inner');
      }).catch(() => undefined);
    });
    await withSavepoint(client, async () => {
      await withSavepoint(client, () => client.query('UPDATE accounts SET cents = 5'));
      throw new Error('outer');
    }).catch(() => undefined);
  });
  await expect(readCents()).resolves.toEqual([1, 200]);
});

test('a savepoint whose work swallows a failed query is undone, and says so', async () => {
  await withTransaction(db.pool, async (client) => {
    const inner = withSavepoint(client, async () => {
      await client.query('UPDATE accounts SET cents = 2');
      await client.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(inner).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    await client.query('UPDATE accounts SET cents = 50 WHERE id = 1');
  });
  await expect(readCents()).resolves.toEqual([50, 200]);
});

test('when the connection breaks under a savepoint, the first error is the one that is thrown', async () => {
  await using observed = database.openPool({ max: 1 });
  const first = new Error('first');
  const thrown = await errorOf(
    withTransaction(observed.pool, (client) =>
      withSavepoint(client, async () => {
        const gone = ended(client);
        await observed.killBackends();
        await gone;
        throw first;
      }),
    ),
  );
  expect(thrown).toBe(first);
});
