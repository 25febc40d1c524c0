import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { openPlantation } from '../../test/plantation.ts';
import { readColumn } from './column.ts';
import { keyAt } from './key-batch.ts';
import { streamKeys } from './key-stream.ts';
import { formatKey } from './key.ts';

const NUMBERS = 'CREATE TABLE numbers (n int PRIMARY KEY, text text);';

async function connect(parameters: object): Promise<pg.Client> {
  const client = new pg.Client({ ...parameters, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function numbersOf(client: pg.Client) {
  return readColumn(client, { database: 'plants', schema: 'public', table: 'numbers', column: 'n' });
}

test('every key comes, in order, and the client is usable afterwards', async () => {
  await using plants = await openPlantation();
  await plants.query(`${NUMBERS} INSERT INTO numbers SELECT n - 50000 FROM generate_series(1, 100000) n`);
  const { client } = plants;
  const column = await numbersOf(client);
  let expected = -49_999;
  const wrong: string[] = [];
  for await (const batch of streamKeys(client, column)) {
    for (let index = 0; index < batch.count; index += 1) {
      const key = formatKey('integer', keyAt(batch, index));
      if (key !== String(expected)) wrong.push(key);
      expected += 1;
    }
  }
  expect(wrong).toEqual([]);
  expect(expected).toBe(50_001);
  await expect(plants.list('SELECT 1')).resolves.toEqual([1]);
});

test('texts of every length come whole, wherever the server cuts its messages', async () => {
  await using plants = await openPlantation();
  await plants.query(`${NUMBERS} INSERT INTO numbers
    SELECT n, repeat(chr(97 + n % 26), (n * 7919) % 3000 + CASE WHEN n % 50 = 0 THEN 100000 ELSE 0 END)
      FROM generate_series(1, 3000) n`);
  const { client } = plants;
  const column = await readColumn(client, { database: 'plants', schema: 'public', table: 'numbers', column: 'text' });
  const keys: string[] = [];
  for await (const batch of streamKeys(client, column)) {
    for (let index = 0; index < batch.count; index += 1) keys.push(formatKey('text', keyAt(batch, index)));
  }
  const all = await plants.list(`SELECT DISTINCT text COLLATE "C" FROM numbers ORDER BY 1`);
  expect(keys.length).toBe(all.length);
  expect(keys.every((key, index) => key === all[index])).toBe(true);
});

test('an error of the server rejects, and the client is usable afterwards', async () => {
  await using plants = await openPlantation();
  await plants.query(NUMBERS);
  const column = await numbersOf(plants.client);
  const missing = streamKeys(plants.client, { ...column, table: 'nothing' });
  await expect(missing.next()).rejects.toMatchObject({ code: '42P01' });
  const failing = streamKeys(plants.client, {
    ...column,
    table: '(SELECT 100000 / (5000 - n) AS n FROM generate_series(1, 9000) n) AS x',
  });
  await expect(Array.fromAsync(failing)).rejects.toMatchObject({ code: '22012' });
  await expect(plants.list('SELECT 1')).resolves.toEqual([1]);
});

test('keys that are not taken stay on the server, and a backend that is killed meanwhile rejects', async () => {
  await using plants = await openPlantation();
  await plants.query(`${NUMBERS} INSERT INTO numbers SELECT n FROM generate_series(1, 2000000) n`);
  const client = await connect(plants.target.parameters);
  try {
    const keys = streamKeys(client, await numbersOf(client));
    await keys.next();
    await wait(300);
    const before = process.memoryUsage().arrayBuffers;
    await wait(300);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
    const [backend] = await plants.query<{ pid: number; waits: string }>(
      `SELECT pid, wait_event AS waits FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%'`,
    );
    expect(backend!.waits).toBe('ClientWrite');
    await plants.query('SELECT pg_terminate_backend($1)', [backend!.pid]);
    await expect(Array.fromAsync(keys)).rejects.toThrow(/terminat|EPIPE|ECONNRESET/);
  } finally {
    await client.end();
  }
});
