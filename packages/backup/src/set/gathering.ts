import type { SetSink } from '../engines/engine.ts';
import type { SetCipher } from '../keys/set-cipher.ts';
import type { ManifestDatabase, ManifestFile } from '../manifest/manifest.ts';
import { describeDatabase } from '../proof/fingerprint.ts';
import type { Compression } from '../settings/settings.ts';
import type { Store } from '../stores/store.ts';
import type { StoreFailure } from '../stream/tee.ts';
import { writeStream } from '../stream/write.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { createByteProgress, type ByteProgress } from './progress.ts';
import { writeSetKey } from './set-key.ts';

export interface GatheringOptions {
  readonly id: string;
  readonly stores: readonly Store[];
  readonly compression: Compression;
  readonly cipher: SetCipher | undefined;
  readonly signal: AbortSignal | undefined;
  readonly now: () => number;
}

/** What has come together of a set that is being made. */
export interface Gathering {
  readonly sink: SetSink;
  /** The set's own key, where it has one. */
  storeKey(): Promise<void>;
  /** The stores that have all files so far. */
  stores(): readonly Store[];
  /** Leaves stores out from now on. Throws the first failure of all when none is left. */
  leaveOut(failures: readonly StoreFailure[]): void;
  /** The first failure of each store that was left out. */
  failures(): readonly StoreFailure[];
  /** In the order of their paths. */
  files(): readonly ManifestFile[];
  /** By the definition's name. */
  readonly databases: ReadonlyMap<string, ManifestDatabase>;
}

/**
 * Takes what an engine makes of a set, into all stores at once. A store that fails once is left out of the whole set:
 * what it has of it is no set. With the last one the set fails.
 */
export function createGathering(workspace: BackupWorkspace, options: GatheringOptions): Gathering {
  const { id, compression, cipher, signal, now } = options;
  const failed = new Map<Store, StoreFailure>();
  const files: ManifestFile[] = [];
  const databases = new Map<string, ManifestDatabase>();
  const progress = new Map<string, ByteProgress>();
  const stores = (): readonly Store[] => options.stores.filter((store) => !failed.has(store));
  const leaveOut = (failures: readonly StoreFailure[]): void => {
    for (const failure of failures) if (!failed.has(failure.store)) failed.set(failure.store, failure);
    const [first] = failed.values();
    if (first && stores().length === 0) throw first.error;
  };
  const progressOf = (subject: string, database: string): ByteProgress => {
    const found =
      progress.get(subject) ?? createByteProgress({ now, onProgress: workspace.contextFor(database).onProgress });
    progress.set(subject, found);
    return found;
  };
  return {
    stores,
    leaveOut,
    failures: () => [...failed.values()],
    files: () => files.toSorted((one, other) => (one.path < other.path ? -1 : 1)),
    databases,
    async storeKey() {
      const key = await writeSetKey(stores(), { folder: id, cipher, signal });
      if (key === undefined) return;
      leaveOut(key.failures);
      files.push(key.file);
    },
    sink: {
      async store({ path, kind, database, server }, source) {
        const name = database ?? workspace.family.databases[0]!.name;
        const written = await writeStream(source, {
          stores: stores(),
          folder: id,
          path,
          compression,
          cipher,
          signal,
          onBytes: progressOf(database ?? `server ${server}`, name).stream(),
        });
        const { failures, ...file } = written;
        leaveOut(failures);
        files.push({ ...file, kind, database: database ?? null, server });
      },
      async describe(session) {
        const { name } = session.target.database;
        databases.set(name, await describeDatabase(session));
      },
    },
  };
}
