import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import { checkIdentity } from '../ledger/identity.ts';
import { directoryOf, readMigration, readMigrationFiles, type MigrationFile } from '../migrations/migration-file.ts';
import { findObstacles } from '../migrations/obstacles.ts';
import { readStanding } from '../migrations/standing.ts';
import { withScratchDatabase } from '../scratch.ts';
import { settleHistory } from '../squash/standing.ts';
import type { Target } from '../target.ts';
import type { Catalog } from './catalog.ts';
import { compareCatalogs } from './compare.ts';
import { toFinding, type Finding } from './finding.ts';
import { readCatalog } from './read-catalog.ts';
import { replay } from './replay.ts';
import { DRIFT } from './sentence.ts';
import { refuseServerWide } from './server-wide.ts';
import { readSnapshot, withSnapshot } from './snapshot.ts';

export interface DriftReport {
  /** How many migrations were replayed: those that the database's history has. */
  readonly applied: number;
  /** How many files are not applied yet; they are not compared. */
  readonly pending: number;
  readonly differences: readonly Finding[];
}

/**
 * Replays the migrations that a database's history has, from their files, into a scratch database beside it, and lists
 * in what the live schema differs from that. The live database is only read, in one read-only transaction.
 *
 * Throws `IDENTITY_MISMATCH`, `MIGRATION_MISSING` (applied, but its file is gone), `MIGRATION_FAILED` (the files do not
 * make a schema from nothing), `MIGRATION_INVALID`, `REPLAY_REFUSED`, `PERMISSION_DENIED` (the user may not create
 * databases), `LOCK_TIMEOUT` (a table is being altered) and connection errors.
 */
export function checkDrift(target: Target, context: Context = {}): Promise<DriftReport> {
  return createDriftCheck()(target, context);
}

/**
 * Makes a {@link checkDrift} for many databases of the same schema: those on one server with the same history are
 * compared with one replay.
 */
export function createDriftCheck(): typeof checkDrift {
  const replays = new Map<string, Promise<Catalog>>();
  return async (target, context = {}) => {
    const files = await readMigrationFiles(directoryOf(target));
    const live = await readLive(target, files, context);
    const history = await settleHistory(live.history, files);
    const applied = history.map((name) => files.find((file) => file.name === name) ?? refuseMissing(name, target));
    const { host, port, user } = target.parameters;
    const key = JSON.stringify([host, port, user, applied.map(({ path }) => path)]);
    const replayed = replays.get(key) ?? readReplayed(target, applied, context);
    replays.set(key, replayed);
    const differences = compareCatalogs(await replayed, live.catalog, { lenient: true });
    return {
      applied: applied.length,
      pending: files.filter(({ name }) => !history.includes(name)).length,
      differences: differences.map((each) => toFinding(each, DRIFT)),
    };
  };
}

/** What keeps `up` from running, such as an edited file, is told on the way: the replay takes the files as they are. */
function readLive(
  target: Target,
  files: readonly MigrationFile[],
  context: Context,
): Promise<{ readonly history: readonly string[]; readonly catalog: Catalog }> {
  return withSnapshot(target, context, async (client) => {
    const standing = await readStanding(client, target, files);
    if (standing.identity) checkIdentity(standing.identity, target);
    for (const { message } of findObstacles(standing, target)) context.onProgress?.(message);
    const history = standing.applied.map(({ name }) => name);
    return { history, catalog: await readCatalog(client, target.database.migrationsTable) };
  });
}

/** The schema that migrations make from nothing, in a scratch database on the target's server. */
async function readReplayed(target: Target, files: readonly MigrationFile[], context: Context): Promise<Catalog> {
  await refuseServerWide(await Promise.all(files.map(readMigration)), 'up');
  const count = `${files.length} migration${files.length === 1 ? '' : 's'}`;
  context.onProgress?.(`replaying ${count} into a scratch database`);
  return withScratchDatabase(target, context, async (scratch) => {
    await replay(scratch, { direction: 'up', files }, context);
    return readSnapshot(scratch, context);
  });
}

function refuseMissing(name: string, target: Target): never {
  throw new AtrizError(
    'MIGRATION_MISSING',
    `applied to "${target.parameters.database}", but there is no such file in ${directoryOf(target)}: ${name}`,
    { hint: 'bring the file back, for example from the branch that has it' },
  );
}
