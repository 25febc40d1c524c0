import type { AtrizError } from '@atriz/database';
import { withSession, type Target } from '@atriz/lifecycle';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../test/debian-server.ts';
import { openTestFamily } from '../../test/family.ts';
import { startPairWriters } from '../../test/pair-writers.ts';
import { withCommonSnapshot } from './common-snapshot.ts';

const SETS = 50;
const WRITERS = 4;

describe.skipIf(!HAS_DEBIAN_SERVER)('on PostgreSQL 15', () => {
  let server: DebianServer;
  let targets: Target[];

  beforeAll(async () => {
    server = await startDebianServer();
    targets = ['one', 'two', 'three', 'four'].map(targetOf);
    for (const { parameters } of targets) {
      await withSession(server.parameters, {}, (client) => client.query(`CREATE DATABASE ${parameters.database}`));
      await withSession(parameters, {}, (client) => client.query('CREATE TABLE numbers (id bigint PRIMARY KEY)'));
    }
  });
  afterAll(() => server[Symbol.asyncDispose]());

  function targetOf(database: string): Target {
    return { database: { name: database }, parameters: { ...server.parameters, database } } as unknown as Target;
  }

  test(`${SETS} sets under constant writes over four databases: no number is anywhere that is not in the database before`, async () => {
    const writers = startPairWriters(targets, WRITERS);
    let broken = 0;
    const tries: number[] = [];
    const waits: number[] = [];
    for (let set = 0; set < SETS; set += 1) {
      const begun = performance.now();
      await withCommonSnapshot(targets, { context: {}, perDatabase: false }, async (snapshots) => {
        waits.push(performance.now() - begun);
        tries.push(snapshots.tries);
        expect(snapshots.consistency).toBe('snapshot');
        if (await isBroken(snapshots.sessions.map(({ client }) => client))) broken += 1;
      });
    }
    let brokenClose = 0;
    for (let set = 0; set < SETS; set += 1) if (await withCloseSnapshots(targets, isBroken)) brokenClose += 1;
    const { written, perSecond } = await writers.stop();
    console.info(
      `common snapshots: ${broken} of ${SETS} sets broken (median ${medianOf(tries)} tries, ${medianOf(waits).toFixed(0)} ms, worst ${Math.max(...tries)} tries, ${Math.max(...waits).toFixed(0)} ms); ` +
        `taken one after the other: ${brokenClose} of ${SETS} broken; ${written} chains of four were written, ${perSecond} a second`,
    );
    expect(broken).toBe(0);
    expect(brokenClose).toBeGreaterThan(0);
    expect(written).toBeGreaterThan(SETS);
  }, 180_000);

  test('where transactions never stop in time it is refused, or by choice each database has a snapshot of its own', async () => {
    const writers = startPairWriters(targets, WRITERS);
    const look = (perDatabase: boolean): Promise<string> =>
      withCommonSnapshot(targets, { context: {}, perDatabase, patienceMs: 0 }, async ({ sessions, consistency }) => {
        const texts = new Set(sessions.map(({ snapshot }) => snapshot));
        return `${consistency}, ${texts.size === 1 ? 'one' : 'several'}`;
      }).catch((error: AtrizError) => error.code);
    const outcomes = { chosen: new Set<string>(), strict: new Set<string>() };
    for (let attempt = 0; attempt < 10; attempt += 1) {
      outcomes.chosen.add(await look(true));
      outcomes.strict.add(await look(false));
    }
    await writers.stop();
    expect(outcomes.chosen).toContain('per-database, several');
    expect([...outcomes.chosen]).not.toContain('snapshot, several');
    expect(outcomes.strict).toContain('BACKUP_INCONSISTENT');
    expect(['BACKUP_INCONSISTENT', 'snapshot, one']).toEqual(expect.arrayContaining([...outcomes.strict]));
  });

  test('a table that is truncated or altered while the snapshot is held waits, and is not seen as empty', async () => {
    const [one] = targets;
    await withSession(one!.parameters, {}, (client) =>
      client.query('INSERT INTO numbers SELECT generate_series(-50, -1)'),
    );
    await withCommonSnapshot(targets, { context: {}, perDatabase: false }, async ({ sessions }) => {
      const truncating = withSession(one!.parameters, {}, async (client) => {
        await client.query(`SET lock_timeout = '100ms'`);
        return client.query('TRUNCATE numbers');
      });
      await expect(truncating).rejects.toMatchObject({ code: '55P03' });
      const { rows } = await sessions[0]!.client.query('SELECT count(*)::int FROM numbers WHERE id < 0');
      expect(rows).toEqual([{ count: 50 }]);
    });
  });

  test('a table that is being altered is waited for so long, and then told', async () => {
    const [, two] = targets;
    const context = { lockWaitMs: 100 };
    await withSession(two!.parameters, {}, async (client) => {
      await client.query('BEGIN; ALTER TABLE numbers ADD COLUMN note text');
      await expect(
        withCommonSnapshot(targets, { context, perDatabase: false }, async () => undefined),
      ).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
        message: 'a table of "two" is being altered by another session, and was not free in time',
      });
    });
  });

  test('databases of two servers are each consistent, and marked so; a server is one by whatever name it is reached', async () => {
    await using family = await openTestFamily({ people: 2 });
    const mixed = [targets[0]!, family.target(family.names.people), localhost(targets[1]!)];
    await withCommonSnapshot(mixed, { context: {}, perDatabase: false }, async ({ sessions, servers, consistency }) => {
      expect(consistency).toBe('per-server');
      expect(sessions.map(({ server: index }) => index)).toEqual([0, 1, 0]);
      expect(servers.map(({ version }) => Math.floor(version / 10_000))).toEqual([15, 18]);
      expect(servers.every(({ systemIdentifier }) => /^\d{19}$/.test(systemIdentifier))).toBe(true);
      expect(sessions[0]!.snapshot).toBe(sessions[2]!.snapshot);
    });
  });

  test('sessions have no limits of time, end with the work, and with an interruption', async () => {
    await withSession(server.parameters, {}, (client) =>
      client.query(
        `ALTER DATABASE one SET idle_in_transaction_session_timeout = '1s'; ALTER DATABASE one SET statement_timeout = '1s'`,
      ),
    );
    await withCommonSnapshot(targets, { context: {}, perDatabase: false }, async ({ sessions }) => {
      const { rows } = await sessions[0]!.client.query(
        `SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('statement_timeout') AS statement`,
      );
      expect(rows).toEqual([{ idle: '0', statement: '0' }]);
    });
    const interruption = new AbortController();
    const held = withCommonSnapshot(
      targets,
      { context: { signal: interruption.signal }, perDatabase: false },
      async ({ sessions }) => {
        interruption.abort();
        await sessions[0]!.client.query('SELECT pg_sleep(60)');
      },
    );
    await expect(held).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { rows } = await withSession(server.parameters, {}, (client) =>
      client.query(`SELECT FROM pg_stat_activity WHERE datname = ANY ('{one,two,three,four}')`),
    );
    expect(rows).toEqual([]);
  });
});

/** Whether a number is in a database that the one before, which it was written to first, has not got. */
async function isBroken(clients: readonly pg.ClientBase[]): Promise<boolean> {
  const seen: string[][] = [];
  for (const client of clients) {
    const { rows } = await client.query<{ id: string }>('SELECT id::text FROM numbers WHERE id >= 0');
    seen.push(rows.map(({ id }) => id));
  }
  const sets = seen.map((ids) => new Set(ids));
  return seen.some((ids, index) => index > 0 && ids.some((id) => !sets[index - 1]!.has(id)));
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

function localhost(target: Target): Target {
  return { ...target, parameters: { ...target.parameters, host: 'localhost' } };
}

/** What is usually done: a snapshot a database, one after the other, as one pg_dump after the other takes them. */
function withCloseSnapshots(
  [target, ...rest]: readonly Target[],
  work: (clients: readonly pg.Client[]) => Promise<boolean>,
  opened: readonly pg.Client[] = [],
): Promise<boolean> {
  if (target !== undefined) {
    return withSession(target.parameters, {}, (client) => withCloseSnapshots(rest, work, [...opened, client]));
  }
  const begun = opened.reduce<Promise<unknown>>((last, client) => last.then(() => begin(client)), Promise.resolve());
  return begun.then(() => work(opened));
}

async function begin(client: pg.Client): Promise<void> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  await client.query('SELECT 1');
}
