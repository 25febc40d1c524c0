import { AtrizError } from '@atriz/database';
import type { Family } from '@atriz/database/workspace';
import type { Target } from '@atriz/lifecycle';
import type { Manifest, ManifestDatabase } from '../manifest/manifest.ts';
import { oldName, unfinishedName, withEnding } from './names.ts';
import type { RestoreRequest } from './request.ts';

/** What was found on the server that a database is to be restored on. */
export interface ServerFacts {
  /** `server_version_num`. */
  readonly version: number;
  /** The databases that are there. */
  readonly names: ReadonlySet<string>;
  /** For the server's data; undefined where nobody here can know. */
  readonly freeBytes: number | undefined;
}

/** A database of a set, and where it goes. */
export interface DatabaseFacts {
  readonly entry: ManifestDatabase;
  readonly target: Target;
  readonly server: ServerFacts;
}

/** How one database is brought back: made and filled under a name of its own, then renamed. */
export interface PlannedDatabase {
  readonly entry: ManifestDatabase;
  /** The database of the workspace, whether it exists or not: its server is the one that is restored on. */
  readonly target: Target;
  readonly unfinishedName: string;
  /** What it is called in the end. */
  readonly finalName: string;
  /** What the database that has the final name now is called then; undefined when none has it. */
  readonly oldName: string | undefined;
}

export interface PlanOptions {
  readonly now: Date;
  /** `ATRIZ_ALLOW_DESTRUCTIVE`: lets a database cross the border of production. */
  readonly allowDestructive?: string | undefined;
}

/** A restored database may be larger than the one that was saved: WAL, sorting, indexes that are built. */
const ROOM_FACTOR = 1.2;
const PRODUCTION = 'production';

/**
 * Which databases of a set a request is about. Throws `BACKUP_FOREIGN` (another family's set, or a database that the
 * workspace does not declare), `DATABASE_UNKNOWN` and `ARGUMENT_INVALID`.
 */
export function chooseDatabases(
  manifest: Manifest,
  family: Pick<Family, 'name' | 'databases'>,
  { databases, as, suffix, inPlace }: Omit<RestoreRequest, 'table'>,
): ManifestDatabase[] {
  if (manifest.family !== family.name) {
    throw foreign(`the set ${manifest.id} is of family ${manifest.family}, and this workspace is ${family.name}`);
  }
  const named = databases === undefined ? undefined : new Set(databases);
  const chosen = manifest.databases.filter(({ name }) => named?.has(name) ?? true);
  const has = new Set(manifest.databases.map(({ name }) => name));
  for (const name of named ?? []) {
    if (has.has(name)) continue;
    throw new AtrizError('DATABASE_UNKNOWN', `the set ${manifest.id} has no database "${name}"`, {
      hint: `it has: ${[...has].join(', ')}`,
    });
  }
  for (const { name, identity } of chosen) {
    if (!family.databases.some((each) => each.name === name)) {
      throw foreign(`the set ${manifest.id} has a database "${name}", which this workspace does not declare`, {
        hint: 'choose others of it: --database NAME',
      });
    }
    if (identity && (identity.family !== family.name || identity.definition !== name)) {
      throw foreign(
        `"${name}" of the set ${manifest.id} says of itself that it is ${identity.definition} of family ${identity.family}`,
      );
    }
  }
  if (inPlace && (as !== undefined || suffix !== undefined)) {
    throw invalid('a database that is restored in place keeps its name', 'leave out --as and --as-suffix');
  }
  if (as !== undefined && chosen.length !== 1) {
    throw invalid(
      `--as names one database, and this is about ${chosen.length}`,
      'add --database NAME, or use --as-suffix',
    );
  }
  return chosen;
}

/**
 * Decides how databases are brought back, or refuses. Pure: it asks nobody.
 *
 * Throws `BACKUP_VERSION` (the server is older than the set's), `IDENTITY_MISMATCH` (in place, over the border of
 * production), `RESTORE_BLOCKED` (a name is taken) and `RESTORE_NO_ROOM`.
 */
export function planDatabases(
  facts: readonly DatabaseFacts[],
  manifest: Manifest,
  { now, allowDestructive, ...request }: PlanOptions & Pick<RestoreRequest, 'as' | 'suffix' | 'inPlace'>,
): PlannedDatabase[] {
  for (const each of facts) {
    refuseOlderServer(each, manifest);
    if (request.inPlace) refuseOtherEnvironment(each, allowDestructive);
  }
  refuseWithoutRoom(facts);
  const taken = new Map<ServerFacts, Set<string>>(facts.map(({ server }) => [server, new Set(server.names)]));
  return facts.map(({ entry, target, server }) => {
    const liveName = target.parameters.database;
    const finalName = request.inPlace ? liveName : (request.as ?? withEnding(liveName, request.suffix ?? '_restored'));
    const names = taken.get(server)!;
    const isThere = names.has(finalName);
    if (isThere && !request.inPlace) {
      throw new AtrizError('RESTORE_BLOCKED', `there is a database "${finalName}" on ${placeOf(target)} already`, {
        hint: `choose another name: --database ${entry.name} --as NAME, or --as-suffix ENDING`,
      });
    }
    const old = isThere ? oldName(liveName, now) : undefined;
    if (old !== undefined && names.has(old)) {
      throw new AtrizError('RESTORE_BLOCKED', `there is a database "${old}" on ${placeOf(target)} already`, {
        hint: 'try again in a second',
      });
    }
    names.add(finalName);
    return { entry, target, unfinishedName: unfinishedName(), finalName, oldName: old };
  });
}

function refuseOlderServer({ entry, target, server }: DatabaseFacts, { id, servers }: Manifest): void {
  const made = majorOf(servers[entry.server]!.version);
  const here = majorOf(server.version);
  if (here >= made) return;
  throw new AtrizError(
    'BACKUP_VERSION',
    `the set ${id} is of PostgreSQL ${made}, and ${placeOf(target)} is PostgreSQL ${here}, which cannot take it`,
    { hint: `restore it on a server of PostgreSQL ${made} or newer` },
  );
}

function refuseOtherEnvironment({ entry, target }: DatabaseFacts, allowed = ''): void {
  const { identity, name } = entry;
  if (identity === null || (identity.environment === PRODUCTION) === (target.environment === PRODUCTION)) return;
  if (allowed.split(',').some((each) => each.trim() === name)) return;
  throw new AtrizError(
    'IDENTITY_MISMATCH',
    `"${name}" of the set is a database of environment ${identity.environment}, and here NODE_ENV says ${target.environment}`,
    {
      hint:
        `restore it beside: leave out --in-place. If it must be: ATRIZ_ALLOW_DESTRUCTIVE=${name}, and then ` +
        `pnpm exec atriz identity set --database ${name} --environment ${target.environment}`,
    },
  );
}

function refuseWithoutRoom(facts: readonly DatabaseFacts[]): void {
  for (const [server, all] of Map.groupBy(facts, (each) => each.server)) {
    if (server.freeBytes === undefined) continue;
    const needed = Math.ceil(all.reduce((sum, { entry }) => sum + entry.bytes, 0) * ROOM_FACTOR);
    if (needed <= server.freeBytes) continue;
    throw new AtrizError(
      'RESTORE_NO_ROOM',
      `${placeOf(all[0]!.target)} has ${megabytes(server.freeBytes)} free, and the restore needs about ${megabytes(needed)}`,
      { hint: 'free some space there, or restore fewer databases: --database NAME' },
    );
  }
}

function majorOf(version: number): number {
  return Math.floor(version / 10_000);
}

function megabytes(bytes: number): string {
  return `${String(Math.ceil(bytes / 1_000_000)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')} MB`;
}

/** `127.0.0.1:5432`: a server as messages name it. */
export function placeOf({ parameters: { host, port } }: Target): string {
  return `${host}:${port}`;
}

function foreign(message: string, { hint = 'name a set of this family: atriz backup list' } = {}): AtrizError {
  return new AtrizError('BACKUP_FOREIGN', message, { hint });
}

function invalid(message: string, hint: string): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', message, { hint });
}
