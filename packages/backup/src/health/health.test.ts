import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnvironment } from '@atriz/database/workspace';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { testKeys, writeSet, type WriteSetOptions } from '../../test/written-set.ts';
import { openKeys } from '../keys/keys.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { runScheduler } from '../schedule/scheduler.ts';
import { createTimetable } from '../schedule/timetable.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { readBackupHealth } from './health.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const now = () => NOW;
const VARIABLES = { BACKUP_LOCAL: 'sets', BACKUP_SIGNING_KEY: 'a signing key that is long enough for it' };

let family: TestFamily;
beforeAll(async () => {
  family = await openTestFamily({ people: 1 });
});
afterAll(() => family[Symbol.asyncDispose]());
beforeEach(() => rm(join(family.root, 'sets'), { recursive: true, force: true }));

async function workspaceOf(variables: Record<string, string> = {}): Promise<BackupWorkspace> {
  return {
    ...family.workspace,
    environment: await readEnvironment(family.root, family.root, { ...VARIABLES, ...variables }),
  };
}

/** A set of the named databases, or of all, in the stores of the workspace. */
async function addSet(takenAt: string, options: WriteSetOptions & { bytes?: number; names?: string[] } = {}) {
  const workspace = await workspaceOf();
  const settings = readBackupSettings(workspace);
  const keys = options.keys ?? (await openKeys(settings, workspace));
  const names = options.names ?? Object.values(family.names);
  const databases = names.map((name) => databaseOf(name, takenAt));
  const files: Manifest['files'] = [
    {
      path: 'data',
      kind: 'data',
      database: names[0]!,
      server: 0,
      bytes: options.bytes ?? 1000,
      sha256: '0'.repeat(64),
      plainBytes: 1000,
    },
  ];
  return writeSet(openStores(settings), takenAt, {
    ...options,
    keys,
    manifest: { databases, files, servers: [SERVER] },
  });
}

const SERVER = { host: 'localhost', port: 5432, version: 150_000, systemIdentifier: '1', recovery: null };

function databaseOf(name: string, takenAt: string): Manifest['databases'][number] {
  const rest = { identity: null, snapshot: '1:1:', bytes: 1, locale: {}, migrations: [], tables: [], sequences: [] };
  return { name, databaseName: name, server: 0, takenAt: new Date(takenAt).toISOString(), ...rest };
}

async function concernsOf(workspace: BackupWorkspace): Promise<string[]> {
  const { concerns } = await readBackupHealth(workspace, { now });
  return concerns.map(({ about, level, message }) => `${level} ${about}: ${message}`);
}

test('a young set of every database that was proven is all right', async () => {
  const id = await addSet('2026-11-21T02:00:00Z', { proven: true });
  const health = await readBackupHealth(await workspaceOf(), { now });
  expect(health).toMatchObject({ state: 'ok', concerns: [], trend: null, schedule: null, tied: [] });
  const { people, shops, trips } = family.names;
  expect(health.databases).toEqual(
    [people, shops, trips].map((name) => ({
      name,
      set: { id, takenAt: new Date('2026-11-21T02:00:00Z'), ageMs: 36_000_000 },
      proven: {
        id,
        takenAt: new Date('2026-11-21T02:00:00Z'),
        provenAt: new Date('2026-11-21T02:00:00Z'),
        durationMs: 1234,
      },
    })),
  );
  expect(health.stores).toMatchObject([{ name: 'folder', reachable: true, sets: 1, unfinished: 0, hasNewest: true }]);
});

test('no set, an old one, and one that was never restored are problems, by database', async () => {
  const { people, shops, trips } = family.names;
  await addSet('2026-11-20T02:00:00Z', { names: [people], proven: true });
  await addSet('2026-11-21T02:00:00Z', { names: [shops] });
  expect(await concernsOf(await workspaceOf())).toEqual([
    `problem set: there is no set of ${trips}`,
    `problem age: the newest set of ${people} is 34 h old; the limit is 24 h`,
    `problem proof: no set of ${shops} was ever restored and compared`,
  ]);
  const lenient = await workspaceOf({ BACKUP_MAX_AGE_HOURS: '48' });
  expect((await concernsOf(lenient)).filter((each) => each.includes('age'))).toEqual([]);
  await addSet('2026-11-21T13:00:00Z', { names: [trips], proven: true });
  expect((await concernsOf(lenient))[0]).toBe(
    `problem age: the newest set of ${trips} is of a time that is yet to come, so nothing is known of its age`,
  );
  const strict = await workspaceOf({ BACKUP_RTO_MINUTES: '0.02' });
  expect(await concernsOf(strict)).toContain(
    `problem proof: to restore and compare ${people}, ${trips} took longer than the 0.02 min of the objective`,
  );
});

test('a set of half or twice the usual size is a problem; usual is the median of those before it', async () => {
  for (const [day, bytes] of [1000, 1100, 900, 50_000].entries()) {
    await addSet(`2026-11-${10 + day}T02:00:00Z`, { bytes, proven: true });
  }
  for (const [hour, bytes, unusual] of [
    [1, 2101, true],
    [2, 2000, false],
    [3, 499, true],
  ] as const) {
    await addSet(`2026-11-21T0${hour}:00:00Z`, { bytes, proven: true });
    const { trend, state } = await readBackupHealth(await workspaceOf(), { now });
    expect({ hour, trend, state }).toMatchObject({ hour, trend: { unusual }, state: unusual ? 'problem' : 'ok' });
  }
  await addSet('2026-11-21T05:00:00Z', { bytes: 1, proven: true, names: [family.names.people] });
  expect((await readBackupHealth(await workspaceOf(), { now })).trend).toBeNull(); // there is none like it
});

test('what is unfinished, another family’s, not to be trusted, or tied to a migration is told', async () => {
  await addSet('2026-11-21T02:00:00Z', { proven: true });
  const unfinished = await addSet('2026-11-21T03:00:00Z', { unfinished: true });
  const unknown = await addSet('2026-11-19T03:00:00Z', { keys: testKeys(family.workspace.family.name, 'lost') });
  const found = (await concernsOf(await workspaceOf())).map((each) => each.replaceAll(/ \S*\/sets/g, ' SETS'));
  expect(found).toEqual([
    expect.stringContaining(`problem trust: ${unknown} is of no use`),
    'note unfinished: 1 unfinished set in SETS: under way, or cut off',
  ]);
  expect(unfinished).toMatch(/^backup-20261121T030000Z/);
});

test('a store that cannot be read is a problem; with none the state says so', async () => {
  await addSet('2026-11-21T02:00:00Z', { proven: true });
  const bucket = { BACKUP_S3_BUCKET: 'sets', BACKUP_S3_ENDPOINT: 'http://127.0.0.1:9', BACKUP_S3_REGION: 'eu-west-1' };
  const keys = { BACKUP_S3_ACCESS_KEY_ID: 'someone', BACKUP_S3_SECRET_ACCESS_KEY: 'a-secret-of-s3' };
  const health = await readBackupHealth(await workspaceOf({ ...bucket, ...keys }), { now });
  expect(health.state).toBe('problem');
  expect(health.stores.map(({ name, reachable }) => `${name} ${reachable}`)).toEqual(['folder true', 's3 false']);
  expect(JSON.stringify(health)).not.toContain('a-secret-of-s3');

  await rm(join(family.root, 'sets'), { recursive: true });
  await writeFile(join(family.root, 'sets'), 'no directory');
  expect((await readBackupHealth(await workspaceOf(), { now })).state).toBe('unreachable');
});

test('of the schedule: a failed run, a lost one, and slots that nobody serves', async () => {
  await addSet('2026-11-21T02:00:00Z', { proven: true });
  const { people } = family.names;
  const scheduled = await workspaceOf({ BACKUP_SCHEDULE: '0 0 1 1 *' });
  expect(await concernsOf(scheduled)).toEqual([
    expect.stringMatching(
      /^problem schedule: the backup of \d{4}-01-01T00:00:00.000Z was not begun: no scheduler is at work$/,
    ),
  ]);
  const backup = createTimetable('0 0 1 1 *', { timeZone: 'UTC', variable: 'BACKUP_SCHEDULE' });
  await runScheduler(async () => family.target(people), {
    timetables: { backup },
    run: () => Promise.reject(new Error('the store is away')),
    once: true,
  });
  expect(await concernsOf(scheduled)).toEqual([
    expect.stringMatching(/^problem schedule: the backup of \S+ failed: the store is away$/),
  ]);
  await family.query(people, `UPDATE atriz.backup_slots SET outcome = 'done', error = NULL, attempts = 2`);
  const made = await readBackupHealth(scheduled, { now });
  expect(made).toMatchObject({ state: 'ok', concerns: [{ about: 'schedule', level: 'note' }] });
  expect(made.schedule).toMatchObject({ database: people, missed: [], past: [{ kind: 'backup', outcome: 'done' }] });

  await family.query(people, `UPDATE atriz.backup_slots SET outcome = NULL, ended_at = NULL, claimed_by = 'host:1'`);
  expect(await concernsOf(scheduled)).toEqual([
    expect.stringMatching(/^problem schedule: the backup of \S+ died: host:1 began it, and is no more$/),
  ]);

  const away: BackupWorkspace = { ...scheduled, open: () => Promise.reject(new Error('nobody answers')) };
  expect(await concernsOf(away)).toEqual(['problem schedule: the schedule cannot be read: nobody answers']);
});
