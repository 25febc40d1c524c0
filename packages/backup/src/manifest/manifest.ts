import { z } from 'zod';

/** The manifest's own format; a set of a later one is refused with `BACKUP_VERSION`. */
export const MANIFEST_FORMAT = 1;

/** The file that makes a set one: written last, so that a set without it is never listed as good. */
export const MANIFEST_FILE = 'manifest.json';

/** The folder of the records of what was proven of a set, each a signed file of its own. */
export const PROOF_FOLDER = 'proofs';

const moment = z.iso.datetime({ offset: false });
const bytes = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Larger than what JavaScript's numbers hold exactly. */
const whole = z.string().regex(/^-?\d+$/);

const table = z.strictObject({
  schema: z.string(),
  name: z.string(),
  rows: z.int().min(0),
  /** The sum of a hash of each row: the same whatever the order in which they are read. */
  hash: whole,
});

const sequence = z.strictObject({ schema: z.string(), name: z.string(), lastValue: whole, isCalled: z.boolean() });

const migration = z.strictObject({
  name: z.string(),
  /** Null for one that was recorded without a ledger's checksum. */
  checksum: z.string().nullable(),
});

const identity = z.strictObject({
  family: z.string(),
  definition: z.string(),
  environment: z.string(),
  protected: z.boolean(),
  instance: z.string().nullable(),
});

const database = z.strictObject({
  /** The definition's name. */
  name: z.string(),
  /** What the database was called on its server. */
  databaseName: z.string(),
  /** The index of its server in `servers`. */
  server: z.int().min(0),
  /** What its ledger said that it is; null for one that was never migrated. */
  identity: identity.nullable(),
  /** The text of `pg_current_snapshot()` that its rows were read at. */
  snapshot: z.string(),
  takenAt: moment,
  /** `pg_database_size`. */
  bytes,
  /** The row of `pg_database` that says encoding and locale, as JSON: what a new database is made with. */
  locale: z.record(z.string(), z.unknown()),
  /** The applied migrations in their order, the last one being its head. */
  migrations: z.array(migration),
  tables: z.array(table),
  sequences: z.array(sequence),
});

const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);

/** How far a base backup is to be recovered, so that exactly what the snapshot saw is committed in it. */
const recovery = z.strictObject({
  timeline: z.int().min(1),
  /** Where the backup, and with it the stored WAL, begins. */
  startLsn: lsn,
  /** The record that begins here, or the first one after it, is not to be replayed. */
  targetLsn: lsn,
  /** The name of the cluster's bootstrap superuser. */
  superuser: z.string(),
});

const server = z.strictObject({
  host: z.string(),
  port: z.int(),
  /** `server_version_num`, such as 150018. */
  version: z.int(),
  systemIdentifier: z.string(),
  /** Null where there is no base backup of it. */
  recovery: recovery.nullable(),
});

/** What a part of a set holds. */
const partKind = z.enum([
  'roles', // roles and grants of a server, as JSON
  'schema', // an archive of pg_dump with what comes before and after the rows
  'data', // an archive of pg_dump with rows
  'base', // a base backup of a server, as tar
  'wal', // the segments that make the base backup consistent, as tar
  'key', // the set's own key, wrapped in the passphrase
]);

const file = z.strictObject({
  /** Within the set: `mextrack_db/schema.dump.zst.age`. */
  path: z.string(),
  kind: partKind,
  /** The definition's name; null for what belongs to a server, or to the set. */
  database: z.string().nullable(),
  server: z.int().min(0).nullable(),
  /** Of the file as it is stored. */
  bytes,
  sha256,
  /** Of what it holds, before compression and encryption. */
  plainBytes: bytes,
});

const encryption = z.strictObject({
  format: z.literal('age'),
  /** Whether the files are for the set's own key, itself in a file wrapped in the passphrase, or for recipients. */
  key: z.enum(['passphrase', 'recipients']),
  recipients: z.array(z.string()),
});

export const manifestSchema = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  /** The name of the set's folder: `backup-20261121T121500Z-4f1c2a9b`. */
  id: z.string().regex(/^backup-\d{8}T\d{6}Z-[0-9a-f]{8}$/),
  family: z.string(),
  environment: z.string(),
  /** When the (first) snapshot was taken: what was committed before it is in the set. */
  takenAt: moment,
  finishedAt: moment,
  atrizVersion: z.string(),
  /** The commit that the workspace was at; null outside a Git checkout. */
  commit: z.string().nullable(),
  engine: z.enum(['logical', 'physical']),
  purpose: z.enum(['manual', 'schedule', 'migration']),
  /** The run that made it, the same as in the ledgers. For a migration's set: the run that it undoes. */
  runId: z.string(),
  /**
   * `snapshot`: every database at one and the same snapshot, consistent in commit order. `per-database`: each at a
   * snapshot of its own, although they are on one server. `per-server`: on several servers, consistent within each.
   */
  consistency: z.enum(['snapshot', 'per-database', 'per-server']),
  compression: z.enum(['zstd', 'none']),
  encryption: encryption.nullable(),
  servers: z.array(server),
  databases: z.array(database),
  files: z.array(file),
});

/** What a set holds, and how it was made. It names tables and counts rows; no row and no secret is in it. */
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestDatabase = Manifest['databases'][number];
export type ManifestServer = Manifest['servers'][number];
export type ManifestRecovery = NonNullable<ManifestServer['recovery']>;
export type ManifestFile = Manifest['files'][number];
export type ManifestTable = ManifestDatabase['tables'][number];
export type PartKind = ManifestFile['kind'];
