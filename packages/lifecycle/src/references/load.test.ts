import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { openOrchard, refer, type Orchard } from '../../test/orchard.ts';
import { checkReferences } from './check.ts';

/** Rows there before, so that a check takes long enough for much to happen. */
const SETTLED = 30_000;
const ORPHANS = 7;

/** An application at work: makes a user and then its vehicle, deletes a vehicle and then its user, each committed at once. */
async function work(orchard: Orchard, isOver: () => boolean): Promise<number> {
  const [users, vehicles] = await Promise.all(['shared', 'app'].map((name) => connect(orchard, name)));
  const alive: string[] = [];
  let deeds = 0;
  for (; !isOver(); deeds += 1) {
    if (deeds % 3 === 2 && alive.length > 0) {
      const id = alive.splice(Math.floor(Math.random() * alive.length), 1);
      await vehicles!.query('DELETE FROM vehicles WHERE user_id = $1', id);
      await users!.query('DELETE FROM users WHERE id = $1', id);
    } else {
      const id = randomUUID();
      await users!.query('INSERT INTO users VALUES ($1)', [id]);
      await vehicles!.query('INSERT INTO vehicles (user_id) VALUES ($1)', [id]);
      alive.push(id);
    }
  }
  await Promise.all([users!.end(), vehicles!.end()]);
  return deeds;
}

/** One that forgets: makes vehicles of nobody. */
async function forget(orchard: Orchard, isOver: () => boolean): Promise<number> {
  const client = await connect(orchard, 'app');
  let rows = 0;
  for (; !isOver(); rows += 1) {
    await client.query('INSERT INTO vehicles (user_id) VALUES ($1)', [randomUUID()]);
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
  await client.end();
  return rows;
}

async function connect(orchard: Orchard, name: string): Promise<pg.Client> {
  const { ssl, ...parameters } = orchard.at(name).target.parameters;
  const client = new pg.Client({ ...parameters, ssl: (ssl ?? false) as boolean });
  await client.connect();
  return client;
}

function openLoaded(): Promise<Orchard> {
  return openOrchard({
    shared: {
      sql: `CREATE TABLE users (id uuid PRIMARY KEY);
            INSERT INTO users SELECT md5(n::text)::uuid FROM generate_series(1, ${SETTLED}) n;`,
    },
    app: {
      sql: `CREATE TABLE vehicles (id serial PRIMARY KEY, user_id uuid);
            CREATE INDEX vehicles_user_id_idx ON vehicles (user_id);
            INSERT INTO vehicles (user_id) SELECT md5(n::text)::uuid FROM generate_series(1, ${SETTLED + ORPHANS}) n;`,
      references: [refer('vehicles.user_id', 'shared.users.id')],
    },
  });
}

test('rows that come and go while a check runs are never taken for orphans, and the orphans are all found', async () => {
  await using orchard = await openLoaded();
  let isOver = false;
  const workers = Array.from({ length: 4 }, () => work(orchard, () => isOver));
  try {
    for (let round = 0; round < 8; round += 1) {
      const [outcome] = await checkReferences(orchard.references, orchard.access);
      expect(outcome).toMatchObject({ status: 'done', result: { orphanKeys: ORPHANS, orphanRows: ORPHANS } });
    }
  } finally {
    isOver = true;
  }
  const deeds = (await Promise.all(workers)).reduce((sum, each) => sum + each, 0);
  expect(deeds).toBeGreaterThan(100);
});

test('orphans made while a check runs are found by it or by the next, none is counted that is not one', async () => {
  await using orchard = await openLoaded();
  let isOver = false;
  const workers = [work(orchard, () => isOver), work(orchard, () => isOver)];
  const forgetting = forget(orchard, () => isOver);
  const counts: number[] = [];
  try {
    for (let round = 0; round < 5; round += 1) {
      const [outcome] = await checkReferences(orchard.references, orchard.access);
      counts.push(outcome?.status === 'done' ? outcome.result.orphanRows : -1);
    }
  } finally {
    isOver = true;
  }
  await Promise.all(workers);
  const made = ORPHANS + (await forgetting);
  expect(counts).toEqual(counts.toSorted((one, other) => one - other));
  expect(counts[0]).toBeGreaterThanOrEqual(ORPHANS);
  expect(counts.at(-1)).toBeLessThanOrEqual(made);
  const [last] = await checkReferences(orchard.references, orchard.access);
  expect(last).toMatchObject({ result: { orphanRows: made } });
});

test('mending while applications work touches the orphans and nothing else', async () => {
  await using orchard = await openLoaded();
  let isOver = false;
  const workers = Array.from({ length: 3 }, () => work(orchard, () => isOver));
  const fixed: number[] = [];
  try {
    for (let round = 0; round < 3; round += 1) {
      const [outcome] = await checkReferences(orchard.references, orchard.access, { fix: true });
      fixed.push(outcome?.status === 'done' ? outcome.result.fixedRows : -1);
    }
  } finally {
    isOver = true;
  }
  await Promise.all(workers);
  expect(fixed).toEqual([ORPHANS, 0, 0]);
  // Every user that the workers left has its vehicle still: one each, the settled ones too.
  const [users] = await orchard.at('shared').list('SELECT count(*) FROM users');
  await expect(orchard.at('app').list('SELECT count(*) FROM vehicles')).resolves.toEqual([users]);
});
