import type { Readable } from 'node:stream';
import type { Context, Target } from '@atriz/lifecycle';
import type pg from 'pg';
import type { Manifest, ManifestServer, PartKind } from '../manifest/manifest.ts';
import type { SetReader } from '../set/reader.ts';

/** A stream of a set, before it is compressed and encrypted. */
export interface Part {
  /** Within the set, without the endings of compression and encryption: `mextrack_db/schema.dump`. */
  readonly path: string;
  readonly kind: PartKind;
  /** The definition's name, for what belongs to one database. */
  readonly database?: string | undefined;
  /** The index of its server in {@link Captured.servers}. */
  readonly server: number;
}

/** One database at the set's snapshot. */
export interface SnapshotSession {
  readonly target: Target;
  /** In a `REPEATABLE READ READ ONLY` transaction at the snapshot; the engine ends it. */
  readonly client: pg.ClientBase;
  /** The text of `pg_current_snapshot()`. */
  readonly snapshot: string;
  readonly takenAt: Date;
  /** The index of its server in {@link Captured.servers}. */
  readonly server: number;
}

/** Where an engine puts what it makes. */
export interface SetSink {
  /** Compresses, encrypts, sums and stores a stream; resolves when it is kept. Several may be under way at once. */
  store(part: Part, source: Readable): Promise<void>;
  /** Reads what the manifest says of a database, its rows' counts and hashes among it, at its snapshot. */
  describe(session: SnapshotSession): Promise<void>;
}

/** What an engine knows of a set that it made. */
export interface Captured {
  readonly consistency: Manifest['consistency'];
  readonly servers: readonly ManifestServer[];
}

export interface BackUpOptions {
  readonly context: Context;
  /** How many streams at once. */
  readonly jobs: number;
  /** Take each database at a snapshot of its own where no common one can be had. Default false: `BACKUP_INCONSISTENT`. */
  readonly perDatabase: boolean;
}

export interface ScratchOptions {
  readonly context: Context;
  readonly jobs: number;
  /** Where scratch databases are made when the embedded server may not serve, such as for a newer PostgreSQL's set. */
  readonly fallback?: Target | undefined;
}

/** Databases of a set where nobody else is, each reachable. Disposing of it removes them and what they are on. */
export interface RestoredFamily extends AsyncDisposable {
  /** By the definition's name. Their `database` is the family's; their environment is `development`. */
  readonly targets: ReadonlyMap<string, Target>;
}

/** A way to make a set of databases and to bring them back. Each engine passes the same contract suite. */
export interface Engine {
  readonly name: Manifest['engine'];
  /**
   * Takes the databases, which are on one server or several, and hands their parts to the sink. The sink's `store` and
   * `describe` are called for all of them, or the call rejects.
   */
  backUp(targets: readonly Target[], sink: SetSink, options: BackUpOptions): Promise<Captured>;
  /**
   * Restores databases of a set beside nothing that exists. `targets` are the family's, for what a target says beside
   * its parameters. Throws `BACKUP_CORRUPT`, `CLIENT_TOOLS_MISSING`, `BACKUP_VERSION`, `RESTORE_NO_ROOM`, `DISK_FULL`.
   */
  restoreScratch(reader: SetReader, targets: readonly Target[], options: ScratchOptions): Promise<RestoredFamily>;
}
