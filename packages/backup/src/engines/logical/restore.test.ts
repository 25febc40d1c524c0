import { withSession, type Target } from '@atriz/lifecycle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DEBIAN_PROGRAMS,
  HAS_DEBIAN_SERVER,
  startDebianServer,
  type DebianServer,
} from '../../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../../test/family.ts';
import { createMemorySet, readContents, type MemorySet } from '../../../test/memory-set.ts';
import type { SetReader } from '../../set/reader.ts';
import { createLogicalEngine } from './engine.ts';
import { restoreDatabase } from './restore-database.ts';
import { restoreScratch } from './scratch.ts';

const PROGRAMS = { pgDump: `${DEBIAN_PROGRAMS}/pg_dump`, pgRestore: `${DEBIAN_PROGRAMS}/pg_restore`, major: 15 };

const find = async (): Promise<typeof PROGRAMS> => PROGRAMS;

describe.skipIf(!HAS_DEBIAN_SERVER)('a logical set of PostgreSQL 15', () => {
  let server: DebianServer;
  let family: TestFamily;
  let targets: Target[];
  let set: MemorySet;
  let reader: SetReader;

  beforeAll(async () => {
    server = await startDebianServer();
    family = await openTestFamily({ server: server.parameters, people: 20 });
    targets = Object.values(family.names).map((name) => family.target(name));
    set = createMemorySet();
    const engine = createLogicalEngine({ programs: DEBIAN_PROGRAMS, partBytes: 8192 });
    reader = set.reader(
      await engine.backUp(targets, set.sink, { context: {}, jobs: 2, perDatabase: false }),
      'logical',
    );
  });
  afterAll(async () => {
    await family[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  async function createEmpty(name: string): Promise<Target> {
    await family.query('postgres', `CREATE DATABASE ${name} TEMPLATE template0`);
    const target = family.target(family.names.shops);
    return { ...target, parameters: { ...target.parameters, database: name } };
  }

  test('holds no row in its archives of structure, and each large table as a part of its own', async () => {
    const paths = [...set.parts.keys()].toSorted();
    const { people, shops, trips } = family.names;
    expect(paths.filter((path) => path.endsWith('/schema.dump'))).toEqual(
      [people, shops, trips].map((name) => `${name}/schema.dump`).toSorted(),
    );
    expect(paths).toContain('server-0/roles.json');
    expect(paths).toContain(`${people}/data-0001.dump`);
    const holding = (text: string): string[] =>
      [...set.parts].filter(([, { content }]) => content.includes(text)).map(([path]) => path);
    expect([holding('Person 7').length, holding('Shop of ').length]).toEqual([1, 1]);
  });

  test('is not waited for without end when somebody wants to alter a table meanwhile', async () => {
    const altering = new AbortController();
    const altered: Promise<unknown>[] = [];
    const alter = (): void => {
      if (altered.length > 0) return;
      const { parameters } = family.target(family.names.people);
      const context = { signal: altering.signal };
      altered.push(
        withSession(parameters, context, (client) => client.query('ALTER TABLE people ADD COLUMN late text')).catch(
          () => undefined,
        ),
      );
    };
    const { sink } = createMemorySet();
    const waiting = `SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'`;
    const slow = {
      ...sink,
      describe: async (...call: Parameters<typeof sink.describe>) => {
        alter();
        await expect.poll(() => family.query('postgres', waiting)).toHaveLength(1);
        return sink.describe(...call);
      },
    };
    const engine = createLogicalEngine({ programs: DEBIAN_PROGRAMS });
    const backedUp = engine.backUp(targets, slow, { context: { lockWaitMs: 300 }, jobs: 1, perDatabase: false });
    await expect(backedUp).rejects.toMatchObject({
      code: 'CLIENT_TOOL_FAILED',
      message: expect.stringMatching(/canceling statement due to statement timeout/) as unknown,
    });
    altering.abort();
    await Promise.all(altered);
  });

  test('is restored with its owners into a database of the same server, and goes on from there', async () => {
    const into = await createEmpty(`${family.names.shops}_again`);
    const { parameters } = into;
    const said: string[] = [];
    await restoreDatabase(reader, {
      database: family.names.shops,
      into: parameters,
      programs: PROGRAMS,
      jobs: 2,
      owners: true,
      context: { onProgress: (message) => void said.push(message) },
    });
    expect(said).toEqual(
      ['structure', 'rows', 'indexes and constraints'].map((what) => `restoring the ${what} of ${family.names.shops}`),
    );
    await withSession(parameters, {}, async (client) => {
      await client.query('BEGIN');
      expect(await readContents(client)).toEqual(set.seen.get(family.names.shops));
      await client.query('SET LOCAL search_path = public');
      const { rows } = await client.query(
        `SELECT (SELECT count(*)::int FROM pg_constraint WHERE contype = 'f') AS keys,
                (SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v') AS views,
                (SELECT reltuples::int FROM pg_class WHERE oid = 'sales'::regclass) AS estimate, nextval('shops_id_seq')::int AS next`,
      );
      expect(rows).toEqual([{ keys: 1, views: 1, estimate: 60, next: 21 }]);
    });
  });

  test('does not go into a database that has something of it already: the first refusal ends it', async () => {
    const into = await createEmpty(`${family.names.shops}_taken`);
    await family.query(into.parameters.database, 'CREATE TABLE shops (id integer)');
    const restored = restoreDatabase(reader, {
      database: family.names.shops,
      into: into.parameters,
      programs: PROGRAMS,
      jobs: 2,
      owners: false,
      context: {},
    });
    await expect(restored).rejects.toMatchObject({
      code: 'CLIENT_TOOL_FAILED',
      message: expect.stringMatching(/relation "shops" already exists/) as unknown,
    });
    expect(await family.query(into.parameters.database, 'SELECT * FROM shops')).toEqual([]);
  });

  test('ends with the reason of its stream where a row’s part breaks off, and with INTERRUPTED when it is interrupted', async () => {
    const cut = (path: string): number | undefined =>
      path.startsWith(`${family.names.people}/data-`) ? 500 : undefined;
    const broken = set.reader({ consistency: 'snapshot', servers: reader.manifest.servers }, 'logical', cut);
    const options = { database: family.names.people, programs: PROGRAMS, jobs: 2, owners: false };
    const first = await createEmpty(`${family.names.people}_cut`);
    await expect(restoreDatabase(broken, { ...options, into: first.parameters, context: {} })).rejects.toThrow(
      'the file is cut off',
    );
    const second = await createEmpty(`${family.names.people}_stopped`);
    const interruption = new AbortController();
    const stopped = restoreDatabase(reader, {
      ...options,
      into: second.parameters,
      context: { signal: interruption.signal, onProgress: () => interruption.abort() },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  test('of a newer PostgreSQL than the embedded one is tried in scratch databases beside the family', async () => {
    const [own] = reader.manifest.servers;
    const newer: SetReader = { ...reader, manifest: { ...reader.manifest, servers: [{ ...own!, version: 990001 }] } };
    const context = { onProgress: () => undefined };
    await expect(restoreScratch(newer, targets, { context, jobs: 2, find })).rejects.toMatchObject({
      code: 'BACKUP_VERSION',
      message: "the embedded PostgreSQL 18 is older than the set's 99, and no other server was named to restore on",
    });
    const scratch = `SELECT datname FROM pg_database WHERE datname ~ '^atriz_scratch_'`;
    {
      await using restored = await restoreScratch(newer, targets, { context, jobs: 2, find, fallback: targets[0] });
      expect(await family.query('postgres', scratch)).toHaveLength(3);
      for (const { database } of targets) {
        const { parameters } = restored.targets.get(database.name)!;
        const contents = await withSession(parameters, {}, async (client) => {
          await client.query('BEGIN');
          return readContents(client);
        });
        expect(contents).toEqual(set.seen.get(database.name));
      }
    }
    expect(await family.query('postgres', scratch)).toEqual([]);
  });

  test('that needs more room than there is, is refused before anything is restored', async () => {
    const [first, ...rest] = reader.manifest.databases;
    const vast = { ...reader.manifest, databases: [{ ...first!, bytes: Number.MAX_SAFE_INTEGER }, ...rest] };
    const engine = createLogicalEngine({ programs: DEBIAN_PROGRAMS });
    const restored = engine.restoreScratch({ ...reader, manifest: vast }, targets, { context: {}, jobs: 1 });
    await expect(restored).rejects.toMatchObject({ code: 'RESTORE_NO_ROOM' });
  });
});
