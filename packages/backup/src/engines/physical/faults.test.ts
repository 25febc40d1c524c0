import { chown, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { defineDatabase } from '@atriz/database';
import { defaultSafety, type ConnectionParameters } from '@atriz/database/workspace';
import { withSession, type Target } from '@atriz/lifecycle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../../test/debian-server.ts';
import { createMemorySet } from '../../../test/memory-set.ts';
import type { SetSink } from '../engine.ts';
import { createPhysicalEngine } from './engine.ts';
import { findPhysicalObstacle } from './requirements.ts';

const OPTIONS = { context: {}, jobs: 1, perDatabase: false };

describe.skipIf(!HAS_DEBIAN_SERVER)('a backup that is disturbed', () => {
  let server: DebianServer;
  beforeAll(async () => void (server = await startDebianServer()));
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('is refused where pg_hba.conf lets nobody replicate, with the line to add', async () => {
    const path = join(server.dataDirectory, 'pg_hba.conf');
    const lines = await readFile(path, 'utf8');
    await writeFile(path, `host replication all all reject\n${lines}`);
    await query(server.parameters, 'SELECT pg_reload_conf()');
    const backingUp = createPhysicalEngine().backUp([targetOf(server.parameters)], createMemorySet().sink, OPTIONS);
    await expect(backingUp).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      hint: 'add to its pg_hba.conf: host replication postgres <this address> scram-sha-256',
    });
    await writeFile(path, lines);
    await query(server.parameters, 'SELECT pg_reload_conf()');
  });

  test('is refused where files lie in tablespaces outside of the data directory', async () => {
    const space = join(dirname(server.dataDirectory), 'space');
    await mkdir(space);
    if (server.account) await chown(space, server.account.uid, server.account.gid);
    await query(server.parameters, `CREATE TABLESPACE fast LOCATION '${space}'`);
    await expect(findPhysicalObstacle(targetOf(server.parameters), {})).resolves.toMatchObject({
      code: 'SETTING_INVALID',
      message: `the server 127.0.0.1:${server.parameters.port} has tablespaces outside of its data directory: fast: a physical backup of it is not possible`,
    });
    await query(server.parameters, 'DROP TABLESPACE fast');
  });

  test('is given up while a commit that is in the files waits for a standby, which nobody sees', async () => {
    await query(server.parameters, 'CREATE TABLE waiting (id int)');
    await query(server.parameters, `ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await query(server.parameters, 'SELECT pg_reload_conf()');
    const inserting = query(server.parameters, 'INSERT INTO waiting VALUES (1)');
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;
    while ((await query(server.parameters, waiting)).length === 0) await wait(10);
    const targets = [targetOf(server.parameters)];
    const backUp = () => createPhysicalEngine({ patienceMs: 300 }).backUp(targets, createMemorySet().sink, OPTIONS);
    await expect(backUp()).rejects.toMatchObject({ code: 'BACKUP_INCONSISTENT' });
    await query(server.parameters, 'ALTER SYSTEM RESET synchronous_standby_names');
    await query(server.parameters, 'SELECT pg_reload_conf()');
    await inserting;
    await expect(backUp()).resolves.toMatchObject({ consistency: 'snapshot' });
  });

  test('fails as CONNECTION_LOST when its connection is ended, and leaves no slot', async () => {
    const sink = disturbed(async () => {
      await query(server.parameters, `SELECT pg_terminate_backend(pid) FROM pg_stat_replication`);
    });
    await expect(createPhysicalEngine().backUp([targetOf(server.parameters)], sink, OPTIONS)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    });
    expect(await query(server.parameters, 'SELECT slot_name FROM pg_replication_slots')).toEqual([]);
  });

  test('fails as CONNECTION_LOST when the server crashes', async () => {
    const sink = disturbed(() => server.kill());
    await expect(createPhysicalEngine().backUp([targetOf(server.parameters)], sink, OPTIONS)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    });
    await server.restart();
  });

  test('fails as BACKUP_INCONSISTENT when its log is gone, as where a slot may hold too little', async () => {
    const set = createMemorySet();
    const sink: SetSink = {
      ...set.sink,
      async store(part, source) {
        if (part.kind === 'wal') {
          const [file] = (await query(server.parameters, 'SELECT pg_walfile_name(pg_current_wal_lsn()) AS name')) as [
            { name: string },
          ];
          await rm(join(server.dataDirectory, 'pg_wal', file.name));
        }
        return set.sink.store(part, source);
      },
    };
    await query(server.parameters, 'CHECKPOINT');
    const backingUp = createPhysicalEngine().backUp([targetOf(server.parameters)], sink, OPTIONS);
    await expect(backingUp).rejects.toMatchObject({ code: 'BACKUP_INCONSISTENT' });
    await server.kill();
  });
});

describe.skipIf(!HAS_DEBIAN_SERVER)('a server that has a fault of its own', () => {
  let server: DebianServer;
  beforeAll(
    async () =>
      void (server = await startDebianServer({
        initdb: ['--data-checksums'],
        settings: { max_replication_slots: '1', idle_session_timeout: '50', statement_timeout: '0' },
      })),
  );
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('and no slot to spare says so', async () => {
    await query(server.parameters, `SELECT pg_create_physical_replication_slot('taken')`);
    const backUp = createPhysicalEngine().backUp([targetOf(server.parameters)], createMemorySet().sink, OPTIONS);
    await expect(backUp).rejects.toMatchObject({ code: 'SETTING_INVALID' });
    await query(server.parameters, `SELECT pg_drop_replication_slot('taken')`);
  });

  test('and ends sessions that are idle does not end a backup', async () => {
    const set = createMemorySet();
    const describe = async (...call: Parameters<SetSink['describe']>): Promise<void> => {
      await wait(200);
      await set.sink.describe(...call);
    };
    const backUp = createPhysicalEngine().backUp([targetOf(server.parameters)], { ...set.sink, describe }, OPTIONS);
    await expect(backUp).resolves.toMatchObject({ consistency: 'snapshot' });
  });

  test('and damaged files is not backed up as if it were whole', async () => {
    await query(server.parameters, 'CREATE TABLE damaged AS SELECT generate_series(1, 1000) AS id');
    const [row] = await query(server.parameters, `SELECT pg_relation_filepath('damaged') AS path`);
    await query(server.parameters, 'CHECKPOINT');
    await server.kill();
    const file = await open(join(server.dataDirectory, (row as { path: string }).path), 'r+');
    await file.write(Buffer.from('damage'), 0, 6, 4000);
    await file.close();
    await server.restart();
    const backUp = createPhysicalEngine().backUp([targetOf(server.parameters)], createMemorySet().sink, OPTIONS);
    await expect(backUp).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
  });
});

describe.skipIf(!HAS_DEBIAN_SERVER)('what a server does not let us do is said before anything begins', () => {
  let server: DebianServer;
  beforeAll(
    async () => void (server = await startDebianServer({ settings: { wal_level: 'minimal', max_wal_senders: '0' } })),
  );
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('without a log to recover from, or as somebody else than a superuser', async () => {
    const { parameters } = server;
    const place = `the server 127.0.0.1:${parameters.port}`;
    await expect(findPhysicalObstacle(targetOf(parameters), {})).resolves.toMatchObject({
      code: 'SETTING_INVALID',
      message: `${place} runs with wal_level = minimal: a physical backup of it is not possible`,
    });
    await query(parameters, `CREATE ROLE app LOGIN PASSWORD 'app' REPLICATION`);
    const app = { ...parameters, user: 'app', password: 'app' };
    await expect(findPhysicalObstacle(targetOf(app), {})).resolves.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: `user "app" is no superuser of ${place}, so he may not copy its files`,
    });
  });
});

describe.skipIf(!HAS_DEBIAN_SERVER)('a server of 300 MB', () => {
  let server: DebianServer;
  beforeAll(async () => {
    server = await startDebianServer({ settings: { max_wal_size: '2GB' } });
    await query(
      server.parameters,
      `CREATE TABLE filler AS SELECT n, repeat(md5(n::text), 60) AS text FROM generate_series(1, 150000) AS n`,
    );
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('is taken no faster than it is stored, with a few megabytes of it in memory', async () => {
    let stored = 0;
    let most = 0;
    let waiting = 0;
    const before = process.memoryUsage().arrayBuffers;
    const sink: SetSink = {
      describe: async () => undefined,
      store: (part, source) =>
        pipeline(
          source,
          new Writable({
            write(chunk: Buffer, _encoding, done) {
              stored += chunk.length;
              most = Math.max(most, process.memoryUsage().arrayBuffers - before);
              if (stored > chunk.length || part.kind !== 'base') return done();
              setTimeout(() => {
                waiting = source.readableLength; // the server would have sent much more meanwhile
                done();
              }, 500);
            },
          }),
        ),
    };
    await createPhysicalEngine().backUp([targetOf(server.parameters)], sink, OPTIONS);
    expect(stored).toBeGreaterThan(300e6);
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(4e6);
    expect(most).toBeLessThan(200e6); // with what the garbage collector has not got round to
    console.info(`${Math.round(stored / 1e6)} MB were stored with at most ${Math.round(most / 1e6)} MB in buffers`);
  });
});

/** A sink that does something once the first bytes of the base backup have arrived, and waits a little for its effect. */
function disturbed(disturb: () => Promise<void>): SetSink {
  return {
    describe: async () => undefined,
    async store(_, source) {
      let isFirst = true;
      for await (const _chunk of source) {
        if (!isFirst) continue;
        isFirst = false;
        await disturb();
        await wait(100);
      }
    },
  };
}

function targetOf(parameters: ConnectionParameters): Target {
  const { database } = parameters;
  return {
    database: { ...defineDatabase({ name: database }), owner: '@test/one', directory: '/', dependsOn: [] },
    family: 'test',
    provider: 'postgresql',
    environment: 'development',
    safety: defaultSafety('development'),
    parameters,
    settings: [],
  };
}

async function query(parameters: ConnectionParameters, text: string): Promise<unknown[]> {
  return withSession(parameters, {}, async (client) => (await client.query<object>(text)).rows);
}
