import { AtrizError } from '@atriz/database';
import type { Target } from '@atriz/lifecycle';
import { startRestored, type EphemeralServer } from '@atriz/server';
import type { ManifestDatabase } from '../../manifest/manifest.ts';
import type { SetReader } from '../../set/reader.ts';
import type { RestoredFamily, ScratchOptions } from '../engine.ts';
import { serverOfSet, unpackServer } from './unpack-server.ts';

/** A recovery replays what was written while the files were copied, which can be much. */
const RECOVERY_TIMEOUT_MS = 30 * 60_000;

export interface RestoreScratchOptions extends ScratchOptions {
  readonly programs?: string | undefined;
}

/**
 * Runs each server of the set that has databases of the targets, in a temporary directory and on loopback, gone with
 * this process; the databases are called there as they were.
 */
export async function restoreScratch(
  reader: SetReader,
  targets: readonly Target[],
  { context, programs }: RestoreScratchOptions,
): Promise<RestoredFamily> {
  const wanted = targets.map((target) => ({ target, database: databaseOf(reader, target) }));
  await using opened = new AsyncDisposableStack();
  const restored = new Map<string, Target>();
  for (const index of new Set(wanted.map(({ database }) => database.server))) {
    const server = opened.use(await start(reader, index, { context, programs }));
    for (const { target, database } of wanted) {
      if (database.server === index) restored.set(database.name, targetOn(server, target, database));
    }
  }
  const all = opened.move();
  return { targets: restored, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function start(
  reader: SetReader,
  index: number,
  { context, programs }: Pick<RestoreScratchOptions, 'context' | 'programs'>,
): Promise<EphemeralServer> {
  const { signal, onProgress } = context;
  const ofSet = serverOfSet(reader, index);
  return startRestored({
    major: ofSet.major,
    superuser: ofSet.recovery.superuser,
    programs,
    onProgress,
    timeoutMs: RECOVERY_TIMEOUT_MS,
    signal,
    async fill(place) {
      onProgress?.(`unpacking the server ${ofSet.server.host}:${ofSet.server.port} of the set`);
      return unpackServer(reader, ofSet, { ...place, signal });
    },
  });
}

function databaseOf({ manifest }: SetReader, { database }: Target): ManifestDatabase {
  const found = manifest.databases.find(({ name }) => name === database.name);
  if (found) return found;
  throw new AtrizError('BACKUP_UNKNOWN', `the set ${manifest.id} does not hold ${database.name}`, {
    hint: `it holds ${manifest.databases.map(({ name }) => name).join(', ')}`,
  });
}

function targetOn(
  { host, port, user, password }: EphemeralServer,
  target: Target,
  { databaseName }: ManifestDatabase,
): Target {
  return {
    ...target,
    provider: 'embedded',
    environment: 'development',
    parameters: { host, port, user, password, database: databaseName, ssl: undefined },
    settings: [],
  };
}
