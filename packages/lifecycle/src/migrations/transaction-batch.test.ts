import { createTestDatabase } from '@atriz/testing';
import { defineDatabase } from '@atriz/database';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { withSession } from '../session.ts';
import { batchTransactions } from './transaction-batch.ts';

const database = await createTestDatabase(defineDatabase({ name: 'batches' }), { directory: import.meta.dirname });
afterAll(() => database.drop());
beforeEach(async () => {
  await withSession(database.parameters, {}, (client) =>
    client.query('DROP TABLE IF EXISTS done; CREATE TABLE done (step int)'),
  );
});

/** Runs each text as the runner would, in a transaction of its own. */
async function run(texts: readonly string[]): Promise<{ committed: number; error: unknown; steps: number[] }> {
  let committed = 0;
  const runAll = withSession(
    database.parameters,
    {},
    async (session) => {
      const { client, drain } = batchTransactions(session, { onCommitted: () => void (committed += 1) });
      for (const text of texts) for (const part of ['BEGIN;', text, 'COMMIT;']) await client.query(part);
      await drain();
    },
    { pipeline: true },
  );
  const error = await runAll.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { rows } = await withSession(database.parameters, {}, (client) =>
    client.query<{ step: number }>('SELECT step FROM done ORDER BY step'),
  );
  return { committed, error, steps: rows.map(({ step }) => step) };
}

const step = (number: number): string => `INSERT INTO done VALUES (${number});`;

test('transactions are committed one after the other', async () => {
  expect(await run([step(1), step(2), step(3)])).toEqual({ committed: 3, error: undefined, steps: [1, 2, 3] });
});

test.each([
  { failure: 'a syntax error, for which nothing of the message runs', text: 'SELEC 1;', code: '42601' },
  { failure: 'a statement that fails', text: `${step(2)} SELECT 1 / 0;`, code: '22012' },
  {
    failure: 'a constraint that fails at COMMIT, which leaves no transaction open',
    text: `CREATE TABLE one (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO one VALUES (1), (1);`,
    code: '23505',
  },
  {
    failure: 'a failure behind a COMMIT of its own, which leaves no transaction open either',
    text: 'COMMIT; SELECT 1 / 0;',
    code: '22012',
  },
])('nothing behind $failure is run, although it was sent already', async ({ text, code }) => {
  const { committed, error, steps } = await run([step(1), text, step(3), step(4)]);
  expect({ committed, steps }).toEqual({ committed: 1, steps: [1] });
  expect(error).toMatchObject({ code });
});

test('the last transaction’s failure is told too', async () => {
  const { committed, error, steps } = await run([step(1), 'SELECT 1 / 0;']);
  expect({ committed, steps }).toEqual({ committed: 1, steps: [1] });
  expect(error).toMatchObject({ code: '22012' });
});

test('the position of an error counts from behind BEGIN, in the first transaction and in later ones', async () => {
  expect((await run(['SELECT oops;'])).error).toMatchObject({ position: '8' });
  expect((await run([step(1), 'SELECT oops;'])).error).toMatchObject({ position: '8' });
});

test('the mark of a run before it in the same session counts for nothing', async () => {
  const work = withSession(
    database.parameters,
    {},
    async (session) => {
      for (const texts of [
        [step(1), step(2)],
        ['SELEC 1;', step(3)],
      ]) {
        const { client, drain } = batchTransactions(session, { onCommitted: () => undefined });
        for (const text of texts) for (const part of ['BEGIN;', text, 'COMMIT;']) await client.query(part);
        await drain();
      }
    },
    { pipeline: true },
  );
  await expect(work).rejects.toMatchObject({ code: '42601' });
  const { rows } = await withSession(database.parameters, {}, (client) => client.query('SELECT step FROM done'));
  expect(rows).toEqual([{ step: 1 }, { step: 2 }]);
});
