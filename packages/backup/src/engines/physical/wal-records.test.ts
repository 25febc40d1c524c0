import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ConnectionParameters } from '@atriz/database/workspace';
import { withSession } from '@atriz/lifecycle';
import { startServer, stopServer } from '@atriz/server';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { DEBIAN_PROGRAMS, HAS_DEBIAN_SERVER, startDebianServer } from '../../../test/debian-server.ts';
import { formatLsn, parseLsn, segmentName, segmentOf } from './lsn.ts';
import { preparedXid } from './prepared-commit.ts';
import { createWalArchive } from './wal-archive.ts';
import { createWalScanner, type Commit } from './wal-records.ts';

test.skipIf(!HAS_DEBIAN_SERVER)(
  'the commits of PostgreSQL 15 are those that pg_waldump lists, in segments of 1 MB and of 16 MB',
  async () => {
    for (const size of [1, 16]) {
      await using server = await startDebianServer({
        initdb: [`--wal-segsize=${size}`],
        settings: { max_prepared_transactions: '5' },
      });
      const { commits, xids, range } = await withSession(server.parameters, {}, recordTraffic);
      expect(commits.map(({ xid }) => xid)).toEqual(xids);
      const listed = await waldump(server.dataDirectory, range);
      expect(commits.map(({ lsn }) => formatLsn(lsn))).toEqual(listed);
      expect(listed.length).toBe(308);
    }
  },
);

test('the commits of PostgreSQL 18 are those that were made', async () => {
  const root = await mkdtemp(join(tmpdir(), 'atriz-wal-'));
  try {
    const first = await startServer({ root });
    const parameters: ConnectionParameters = { ...first, database: 'postgres', ssl: undefined };
    await withSession(parameters, {}, (client) => client.query('ALTER SYSTEM SET max_prepared_transactions = 5'));
    await stopServer({ root });
    await startServer({ root });
    const { commits, xids } = await withSession(parameters, {}, recordTraffic);
    expect(commits.map(({ xid }) => xid)).toEqual(xids);
    expect(xids).toHaveLength(308);
  } finally {
    await stopServer({ root });
    await rm(root, { recursive: true, force: true });
  }
});

test('what is not the log that was expected is refused, not guessed at', () => {
  const place = {
    timeline: 1,
    segmentBytes: 1 << 20,
    pageBytes: 8192,
    startLsn: parseLsn('0/300028'),
    preparedXid: () => 0,
  };
  const recycled = Buffer.alloc(8192);
  recycled.writeUInt16LE(2, 2);
  recycled.writeUInt32LE(1, 4);
  recycled.writeBigUInt64LE(parseLsn('0/100000'), 8);
  expect(() => createWalScanner(place).push(recycled)).toThrow('0/300000 cannot be read: the page is of another place');
  recycled.writeBigUInt64LE(parseLsn('0/300000'), 8);
  expect(() => createWalScanner(place).push(recycled)).toThrow('0/300028 cannot be read: no record has 0 bytes');
  recycled.writeUInt32LE(2, 4);
  expect(() => createWalScanner(place).push(recycled)).toThrow('the page is of another timeline');
});

test('segments are named as PostgreSQL names them', () => {
  const small = { timeline: 1, segmentBytes: 1 << 20 };
  const usual = { timeline: 26, segmentBytes: 16 << 20 };
  expect(segmentName(segmentOf(parseLsn('1/4A0028D8'), small), small)).toBe('0000000100000001000004A0');
  expect(segmentName(segmentOf(parseLsn('1/4A0028D8'), usual), usual)).toBe('0000001A000000010000004A');
  expect(segmentName(segmentOf(parseLsn('FF/FFFFFFFF'), usual), usual)).toBe('0000001A000000FF000000FF');
  expect(formatLsn(parseLsn('1/4A0028D8'))).toBe('1/4A0028D8');
});

interface Traffic {
  readonly commits: readonly Commit[];
  /** Of the transactions, in the order in which they committed. */
  readonly xids: readonly number[];
  readonly range: { readonly from: string; readonly to: string };
}

/** Commits of every kind, large ones and small ones, over the ends of pages and of segments. */
async function recordTraffic(client: pg.Client): Promise<Traffic> {
  const lsn = async (text: string): Promise<bigint> => {
    const { rows } = await client.query<{ lsn: string }>(`SELECT ${text} AS lsn`);
    return parseLsn(rows[0]!.lsn);
  };
  const xids: number[] = [];
  const transaction = async (work: string, end = 'COMMIT'): Promise<number> => {
    await client.query(`BEGIN; ${work}`);
    const { rows } = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
    await client.query(end);
    if (end === 'COMMIT') xids.push(Number(rows[0]!.xid));
    return Number(rows[0]!.xid);
  };
  const { rows: settings } = await client.query<{ bytes: number; version: number }>(
    `SELECT setting::int AS bytes, current_setting('server_version_num')::int AS version
       FROM pg_settings WHERE name = 'wal_segment_size'`,
  );
  const { bytes: segmentBytes, version } = settings[0]!;
  await client.query(`SELECT pg_create_restore_point('before')`);
  const behind = (await lsn('pg_switch_wal()')) - 1n;
  // The first record of a segment lies behind the long header of its first page.
  const startLsn = (behind / BigInt(segmentBytes) + 1n) * BigInt(segmentBytes) + 40n;

  await transaction('CREATE TABLE t (id int, text text)');
  for (let n = 0; n < 300; n += 1) await transaction(`INSERT INTO t VALUES (${n}, repeat('x', ${n * 20}))`);
  await transaction(many((n) => `SAVEPOINT s${n}; INSERT INTO t VALUES (${n})`));
  await transaction(many((n) => `CREATE TABLE many_${n} (id int PRIMARY KEY, text text)`));
  await transaction('INSERT INTO t VALUES (0)', 'ROLLBACK');
  const dropped = await transaction(
    many((n) => `DROP TABLE many_${n}`),
    `PREPARE TRANSACTION 'drops'`,
  );
  const undone = await transaction('INSERT INTO t VALUES (0)', `PREPARE TRANSACTION 'undone'`);
  await transaction(`INSERT INTO t SELECT n, repeat('y', 1000) FROM generate_series(1, 4000) AS n`);
  await client.query(`COMMIT PREPARED 'drops'`);
  xids.push(dropped);
  await client.query(`ROLLBACK PREPARED 'undone'`);
  expect(undone).toBeGreaterThan(dropped);
  await transaction(`SELECT pg_switch_wal(); INSERT INTO t VALUES (1)`);
  await transaction('CREATE INDEX ON t (id)');
  await transaction('DROP TABLE t');

  await client.query(`SELECT pg_create_restore_point('after')`);
  const end = await lsn('pg_switch_wal()');
  const segments = { timeline: 1, segmentBytes };
  const scanner = createWalScanner({
    ...segments,
    startLsn,
    pageBytes: 8192,
    preparedXid: (record) => preparedXid(record, version),
  });
  const archive = createWalArchive(client, startLsn, segments);
  archive.tar.resume();
  const commits: Commit[] = [];
  await archive.addUpTo(end, (bytes) => void commits.push(...scanner.push(bytes)));
  return { commits, xids, range: { from: formatLsn(startLsn), to: formatLsn(end) } };
}

function many(text: (n: number) => string): string {
  return Array.from({ length: 60 }, (_, n) => text(n)).join('; ');
}

async function waldump(dataDirectory: string, { from, to }: Traffic['range']): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    join(DEBIAN_PROGRAMS, 'pg_waldump'),
    ['--path', join(dataDirectory, 'pg_wal'), '--rmgr', 'Transaction', '--start', from, '--end', to],
    { maxBuffer: 1 << 26 },
  );
  const lines = stdout.split('\n').filter((line) => /desc: COMMIT/.test(line));
  return lines.map((line) => formatLsn(parseLsn(/lsn: ([0-9A-F/]+),/.exec(line)![1]!)));
}
