import { statfs } from 'node:fs/promises';
import { AtrizError } from '@atriz/database';
import { withMaintenanceSession, withScratchDatabase, type Context, type Target } from '@atriz/lifecycle';
import { startEphemeralServer, type EphemeralServer } from '@atriz/server';
import type { ManifestDatabase } from '../../manifest/manifest.ts';
import type { SetReader } from '../../set/reader.ts';
import type { RestoredFamily, ScratchOptions } from '../engine.ts';
import { createSlots, runAll } from '../limited.ts';
import { applyRoles } from './apply-roles.ts';
import { readRoleRecord, readSchemaArchive } from './archive.ts';
import { createLike } from './new-database.ts';
import { findExtensions } from './extensions.ts';
import type { Programs } from './programs.ts';
import { restoreDatabase } from './restore-database.ts';

export interface RestoreScratchOptions extends ScratchOptions {
  readonly find: (serverVersion: number) => Promise<Programs>;
}

/** A database of the set and the family's target of it. */
interface Wanted {
  readonly database: ManifestDatabase;
  readonly target: Target;
}

/**
 * Restores databases where nobody else is: on an embedded server of their own where that is new enough and has the
 * extensions, else in scratch databases on the fallback's server.
 */
export async function restoreScratch(
  reader: SetReader,
  targets: readonly Target[],
  options: RestoreScratchOptions,
): Promise<RestoredFamily> {
  const wanted = targets.map((target) => ({ target, database: databaseOf(reader, target) }));
  const version = Math.max(...wanted.map(({ database }) => reader.manifest.servers[database.server]!.version));
  const programs = await options.find(version);
  await using opened = new AsyncDisposableStack();
  const places = await openPlaces(reader, wanted, { ...options, programs, version, opened });
  const { jobs, context } = options;
  const slots = createSlots(jobs);
  await runAll(
    wanted.map(({ database }) => async (signal) => {
      const into = places.get(database.name)!.parameters;
      const quiet = { onProgress: context.onProgress, signal };
      await restoreDatabase(reader, {
        database: database.name,
        into,
        programs,
        jobs,
        slots,
        owners: false,
        context: quiet,
      });
    }),
    { signal: context.signal },
  );
  const all = opened.move();
  return { targets: places, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function databaseOf({ manifest }: SetReader, { database }: Target): ManifestDatabase {
  const found = manifest.databases.find(({ name }) => name === database.name);
  if (found) return found;
  throw new AtrizError('BACKUP_UNKNOWN', `the set ${manifest.id} does not hold ${database.name}`, {
    hint: `it holds ${manifest.databases.map(({ name }) => name).join(', ')}`,
  });
}

interface OpenOptions extends RestoreScratchOptions {
  readonly programs: Programs;
  /** `server_version_num` of the newest server in the set. */
  readonly version: number;
  /** Where what is opened is left. */
  readonly opened: AsyncDisposableStack;
}

/** An empty database for each, by the definition's name. */
async function openPlaces(
  reader: SetReader,
  wanted: readonly Wanted[],
  options: OpenOptions,
): Promise<Map<string, Target>> {
  const { fallback, context, opened } = options;
  const server = await openEmbedded(reader, wanted, options);
  const places = new Map<string, Target>();
  if (typeof server === 'string') {
    if (fallback === undefined) throw unfit(server);
    context.onProgress?.(
      `${server}; scratch databases are made on ${fallback.parameters.host}:${fallback.parameters.port}`,
    );
    for (const { database, target } of wanted) {
      const { databaseName } = database;
      const like = { ...target, parameters: { ...fallback.parameters, database: databaseName } };
      places.set(database.name, await openScratch(like, { context, opened }));
    }
    return places;
  }
  const names = new Set<string>(['postgres']);
  for (const { database, target } of wanted) {
    const name = names.has(database.databaseName) ? `${database.databaseName}_${places.size}` : database.databaseName;
    names.add(name);
    const maintenance = targetOn(server, { ...target, provider: 'embedded' }, 'postgres');
    await createLike(database, { maintenance, name, context });
    places.set(database.name, targetOn(server, target, name));
  }
  return places;
}

/** The embedded server with the set's roles on it, or why it will not do. */
async function openEmbedded(
  reader: SetReader,
  wanted: readonly Wanted[],
  { context, programs, version, opened }: OpenOptions,
): Promise<EphemeralServer | string> {
  let server;
  try {
    server = await startEphemeralServer({ onProgress: context.onProgress });
  } catch (error) {
    if (error instanceof AtrizError && error.code.startsWith('EMBEDDED_')) return error.message;
    throw error;
  }
  opened.use(server);
  await refuseWithoutRoom(server, wanted);
  const extensions = new Set<string>();
  for (const { database } of wanted) {
    const archive = await readSchemaArchive(reader, database.name, context.signal);
    for (const extension of await findExtensions(archive, { programs, signal: context.signal }))
      extensions.add(extension);
  }
  const maintenance = targetOn(server, wanted[0]!.target, 'postgres');
  return withMaintenanceSession(maintenance, context, async (client) => {
    const { rows } = await client.query<{ version: number; missing: string[] }>(
      `SELECT current_setting('server_version_num')::int AS version,
              ARRAY(SELECT unnest($1::text[]) EXCEPT SELECT name::text FROM pg_available_extensions ORDER BY 1) AS missing`,
      [[...extensions]],
    );
    const { version: embedded, missing } = rows[0]!;
    if (majorOf(embedded) < majorOf(version)) {
      return `the embedded PostgreSQL ${majorOf(embedded)} is older than the set's ${majorOf(version)}`;
    }
    if (missing.length > 0) return `the embedded PostgreSQL has not the set's extensions: ${missing.join(', ')}`;
    for (const index of new Set(wanted.map(({ database }) => database.server))) {
      await applyRoles(client, await readRoleRecord(reader, index, context.signal), { namesOnly: true });
    }
    return server;
  });
}

function majorOf(version: number): number {
  return Math.floor(version / 10_000);
}

/** A restored database takes about as much as the one that it was, which is known; less is refused before it begins. */
async function refuseWithoutRoom({ dataDirectory }: EphemeralServer, wanted: readonly Wanted[]): Promise<void> {
  const needed = wanted.reduce((sum, { database }) => sum + database.bytes, 0);
  const { bavail, bsize } = await statfs(dataDirectory);
  if (bavail * bsize >= needed) return;
  const [want, have] = [needed, bavail * bsize].map((bytes) => Math.ceil(bytes / 1024 / 1024));
  throw new AtrizError('RESTORE_NO_ROOM', `restoring needs ${want} MiB in ${dataDirectory}, and ${have} MiB are free`, {
    hint: 'make room there, or set TMPDIR to a directory that has it',
  });
}

function targetOn({ host, port, user, password }: EphemeralServer, target: Target, database: string): Target {
  return {
    ...target,
    provider: 'embedded',
    environment: 'development',
    parameters: { host, port, user, password, database, ssl: false },
    settings: [],
  };
}

/** Holds a scratch database until the stack is disposed of. */
async function openScratch(
  target: Target,
  { context, opened }: { readonly context: Context; readonly opened: AsyncDisposableStack },
): Promise<Target> {
  const ready = Promise.withResolvers<Target>();
  const over = Promise.withResolvers<void>();
  const ended = withScratchDatabase(target, context, (scratch) => {
    ready.resolve(scratch);
    return over.promise;
  });
  ended.catch(ready.reject);
  const scratch = await ready.promise;
  opened.defer(() => {
    over.resolve();
    return ended;
  });
  return scratch;
}

function unfit(reason: string): AtrizError {
  return new AtrizError('BACKUP_VERSION', `${reason}, and no other server was named to restore on`, {
    hint: 'name a server of that version in the connection settings, and run the command again',
  });
}
