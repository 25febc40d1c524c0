import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import { withSession, type Target } from '@atriz/lifecycle';
import type pg from 'pg';
import type { ManifestServer } from '../../manifest/manifest.ts';
import { withCommonSnapshot, type HeldSession } from '../../snapshot/common-snapshot.ts';
import type { BackUpOptions, SetSink } from '../engine.ts';
import { runAll } from '../limited.ts';
import { beginBaseBackup, type BaseBackup } from './base-backup.ts';
import { formatLsn, parseLsn, type Lsn } from './lsn.ts';
import { preparedXid } from './prepared-commit.ts';
import { createCommitOrder } from './recovery-target.ts';
import { withReplication, type Replication } from './replication.ts';
import { findPhysicalObstacle } from './requirements.ts';
import { createWalArchive, type WalArchive } from './wal-archive.ts';
import { createWalScanner } from './wal-records.ts';

/** Between one look at commits that wait and the next, in milliseconds. */
const PAUSE_MS = 50;

export interface ServerBackup extends Pick<BackUpOptions, 'context' | 'jobs'> {
  /** The index of the server in the set. */
  readonly server: number;
  /** How long to look for a snapshot that a recovery can stop at. */
  readonly patienceMs: number;
}

/**
 * Backs up one server, on which all the targets are: its files, the write-ahead log that makes them fit together, and
 * how far to replay it so that exactly the rows of the described snapshot are there.
 *
 * Throws what {@link findPhysicalObstacle} finds, `BACKUP_INCONSISTENT` when no such snapshot is found in time or log
 * is missing, `CONNECTION_LOST`, `INTERRUPTED`, and what the sink throws.
 */
export async function backUpServer(
  targets: readonly Target[],
  sink: SetSink,
  options: ServerBackup,
): Promise<ManifestServer> {
  const { context, server } = options;
  const [{ parameters }] = targets as readonly [Target];
  const obstacle = await findPhysicalObstacle(targets[0]!, context);
  if (obstacle) throw obstacle;
  return withReplication(parameters, context, async (replication) => {
    const place = `${parameters.host}:${parameters.port}`;
    const backup = await storeBase(replication, sink, { ...options, place });
    return withSession(parameters, context, async (client) => {
      await client.query('SET idle_session_timeout = 0; SET statement_timeout = 0');
      const source = await readSource(client, backup);
      const archive = createWalArchive(client, backup.startLsn, source);
      const stored = sink.store({ path: `server-${server}/wal.tar`, kind: 'wal', server }, archive.tar);
      stored.catch((error: unknown) => archive.tar.destroy(error as Error));
      try {
        return await describe(targets, sink, { ...options, client, source, archive, stored, backup });
      } catch (error) {
        const isStoreFailure = archive.tar.destroyed; // then our own error only says that nobody takes the log
        archive.tar.destroy(error as Error);
        const failure = await stored.catch((reason: unknown) => reason);
        throw isStoreFailure ? (failure ?? error) : error;
      }
    });
  });
}

interface FinishedBackup extends Pick<BaseBackup, 'startLsn' | 'timeline'> {
  readonly endLsn: Lsn;
  /** The process that sent it. */
  readonly walSender: number;
}

async function storeBase(
  { client, interrupted }: Replication,
  sink: SetSink,
  { server, place, context }: ServerBackup & { readonly place: string },
): Promise<FinishedBackup> {
  context.onProgress?.(`waiting for a checkpoint of ${place}`);
  const backup = await Promise.race([beginBaseBackup(client, 'atriz'), interrupted]);
  const megabytes = Math.round(backup.estimatedBytes / 1e6);
  context.onProgress?.(`copying the files of ${place}, about ${megabytes} MB`);
  try {
    await sink.store({ path: `server-${server}/base.tar`, kind: 'base', server }, backup.tar);
    const { processID: walSender } = client as unknown as { readonly processID: number };
    return { startLsn: backup.startLsn, timeline: backup.timeline, endLsn: await backup.endLsn, walSender };
  } finally {
    backup.tar.destroy();
  }
}

interface Source {
  readonly timeline: number;
  readonly segmentBytes: number;
  readonly pageBytes: number;
  readonly version: number;
  readonly superuser: string;
}

async function readSource(client: pg.ClientBase, { timeline }: FinishedBackup): Promise<Source> {
  const { rows } = await client.query<Omit<Source, 'timeline'>>(
    `SELECT (SELECT setting::int FROM pg_settings WHERE name = 'wal_segment_size') AS "segmentBytes",
            current_setting('wal_block_size')::int AS "pageBytes",
            current_setting('server_version_num')::int AS version,
            (SELECT rolname::text FROM pg_roles WHERE oid = 10) AS superuser`,
  );
  return { timeline, ...rows[0]! };
}

interface Description extends ServerBackup {
  readonly client: pg.Client;
  readonly source: Source;
  readonly archive: WalArchive;
  readonly stored: Promise<void>;
  readonly backup: FinishedBackup;
}

/** Takes snapshots until one is a state that a recovery can stop at, and has the databases described at that. */
async function describe(targets: readonly Target[], sink: SetSink, options: Description): Promise<ManifestServer> {
  const { context, jobs, server, patienceMs, client, source, archive, stored, backup } = options;
  const order = createCommitOrder();
  const scanner = createWalScanner({
    ...source,
    startLsn: backup.startLsn,
    preparedXid: (record) => preparedXid(record, source.version),
  });
  const start = performance.now();
  for (let tries = 1; performance.now() - start < patienceMs; tries += 1) {
    const found = await withCommonSnapshot(targets, { context, perDatabase: false }, async ({ sessions, servers }) => {
      if (await hasStuckCommit(client, backup)) return undefined;
      const seen = order.under(sessions[0]!.snapshot);
      const end = await markEnd(client);
      await archive.addUpTo(end.complete, (bytes) => seen.add(scanner.push(bytes)));
      const target = seen.target(end.target);
      if (target === undefined || target < backup.endLsn) return undefined;
      await archive.end();
      await stored;
      const ms = Math.round(performance.now() - start);
      context.onProgress?.(`found the state to recover in try ${tries} after ${ms} ms`);
      await describeAll(sessions, sink, { server, jobs, signal: context.signal });
      const { timeline, superuser } = source;
      const recovery = { timeline, superuser, startLsn: formatLsn(backup.startLsn), targetLsn: formatLsn(target) };
      return { ...servers[0]!, recovery };
    });
    if (found) return found;
    await wait(PAUSE_MS, undefined, { signal: context.signal });
  }
  throw new AtrizError(
    'BACKUP_INCONSISTENT',
    `in ${patienceMs / 1000} s no snapshot of the server was one that a recovery can stop at: transactions commit all the time, or wait for a standby`,
    { hint: 'make the backup at a quieter time, or take a logical one: BACKUP_ENGINE=logical' },
  );
}

/**
 * Whether a commit has waited for a standby since before the backup began: it is in the files, nobody sees it, and the
 * log that is read does not show it.
 */
async function hasStuckCommit(client: pg.ClientBase, { walSender }: FinishedBackup): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_stat_activity
      WHERE wait_event = 'SyncRep' AND query_start < (SELECT backend_start FROM pg_stat_activity WHERE pid = $1)`,
    [walSender],
  );
  return rowCount !== 0;
}

interface End {
  /** Before this lies whatever a snapshot that is there already sees; a record begins here or behind it. */
  readonly target: Lsn;
  /** Segments before this one are complete. */
  readonly complete: Lsn;
}

/** Ends the current segment of the write-ahead log behind a record of our own, which a recovery can stop at. */
async function markEnd(client: pg.ClientBase): Promise<End> {
  const read = async (text: string): Promise<Lsn> => {
    const { rows } = await client.query<{ lsn: string }>(text);
    return parseLsn(rows[0]!.lsn);
  };
  const target = await read('SELECT pg_current_wal_insert_lsn() AS lsn');
  await read(`SELECT pg_create_restore_point('atriz backup') AS lsn`);
  return { target, complete: await read('SELECT pg_switch_wal() AS lsn') };
}

function describeAll(
  sessions: readonly HeldSession[],
  sink: SetSink,
  {
    server,
    jobs,
    signal,
  }: { readonly server: number; readonly jobs: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  return runAll(
    sessions.map((session) => () => sink.describe({ ...session, server })),
    { jobs, signal },
  );
}
