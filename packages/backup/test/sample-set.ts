import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { parseKey, type BackupKey } from '../src/keys/key.ts';
import { createSetCipher } from '../src/keys/set-cipher.ts';
import { createSigner, createSigningKey, type Signer, type SigningKeySource } from '../src/keys/signer.ts';
import type { BackupKeys } from '../src/keys/keys.ts';
import type { Manifest, ManifestDatabase, ManifestFile, ManifestTable } from '../src/manifest/manifest.ts';
import { writeManifest } from '../src/set/manifest-file.ts';
import { createSetId } from '../src/set/name.ts';
import { writeSetKey } from '../src/set/set-key.ts';
import type { Compression } from '../src/settings/settings.ts';
import type { Store } from '../src/stores/store.ts';
import { writeStream } from '../src/stream/write.ts';

function table(name: string, rows: number): ManifestTable {
  return { schema: 'public', name, rows, hash: String(rows * 1_234_567_890_123) };
}

function sampleDatabase(name: string): ManifestDatabase {
  return {
    name,
    databaseName: name,
    server: 0,
    identity: { family: 'shops', definition: name, environment: 'development', protected: false, instance: null },
    snapshot: '738:740:738',
    takenAt: '2026-11-21T12:15:00.125Z',
    bytes: 7_811_235,
    locale: { datcollate: 'C.UTF-8', encoding: 'UTF8', datconnlimit: -1 },
    migrations: [
      { name: '1700000000001_tables', checksum: 'a'.repeat(64) },
      { name: '1700000000002_views', checksum: null },
    ],
    tables: [table('people', 100), table('sales', 0)],
    sequences: [{ schema: 'public', name: 'sales_id_seq', lastValue: '9007199254740993', isCalled: true }],
  };
}

/** Two databases of a family, as a manifest describes them; no file yet. */
export function sampleManifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    format: 1,
    id: 'backup-20261121T121500Z-4f1c2a9b',
    family: 'shops',
    environment: 'development',
    takenAt: '2026-11-21T12:15:00.125Z',
    finishedAt: '2026-11-21T12:15:04.000Z',
    atrizVersion: '0.1.0',
    commit: '5f2d',
    engine: 'logical',
    purpose: 'manual',
    runId: '7f3f4b1e-58bb-4f0e-9a39-0f5c3a1c7a11',
    consistency: 'snapshot',
    compression: 'zstd',
    encryption: null,
    servers: [{ host: 'localhost', port: 5432, version: 180001, systemIdentifier: '7431', recovery: null }],
    databases: [sampleDatabase('people_db'), sampleDatabase('shops_db')],
    files: [],
    ...changes,
  };
}

/** Keys of a test; a passphrase's signature is made without scrypt, for which there is another test. */
export function sampleKeys(secret: string, family = 'shops'): BackupKeys & { readonly key: BackupKey } {
  const parsed = parseKey(secret);
  if (!('key' in parsed)) throw new Error(parsed.problem);
  const source = parsed.key.kind === 'passphrase' ? 'passphrase' : 'identity';
  return { key: parsed.key, signer: sampleSigner(secret, { source, family }) };
}

export interface SampleSignerOptions {
  readonly source?: SigningKeySource;
  readonly family?: string;
}

export function sampleSigner(secret: string, { source = 'file', family = 'shops' }: SampleSignerOptions = {}): Signer {
  const key = createSigningKey(Buffer.from(secret), { source, family });
  return createSigner([key], { family, createKey: () => Promise.reject(new Error('it has a key')) });
}

export interface SampleSetOptions {
  readonly keys: Pick<BackupKeys, 'signer'> & { readonly key?: BackupKey | undefined };
  readonly now?: Date;
  readonly compression?: Compression;
  /** By their paths without endings. Default: three files, of which one is small. */
  readonly contents?: Readonly<Record<string, Buffer>>;
  readonly changes?: Partial<Manifest>;
}

/** What a set's files hold by default: rows that compress, rows that do not, and a few. */
export function sampleContents(): Record<string, Buffer> {
  return {
    'roles-0': Buffer.from('[]'),
    'people_db/rows': Buffer.concat([randomBytes(20_000), Buffer.alloc(50_000, 'row\n'), randomBytes(70_000)]),
    'shops_db/rows': randomBytes(9_000),
  };
}

/** Writes a set as a backup does, with whatever its files are to hold. */
export async function writeSampleSet(stores: readonly Store[], options: SampleSetOptions): Promise<Manifest> {
  const { keys, now = new Date(), contents = sampleContents(), compression = { method: 'zstd', level: 3 } } = options;
  const folder = createSetId(now);
  const cipher = keys.key && (await createSetCipher(keys.key));
  const wrapped = await writeSetKey(stores, { folder, cipher });
  const files: ManifestFile[] = wrapped ? [wrapped.file] : [];
  for (const [path, content] of Object.entries(contents)) {
    const source = Readable.from([content], { objectMode: false });
    const { failures, ...written } = await writeStream(source, { stores, folder, path, compression, cipher });
    if (failures[0]) throw failures[0].error;
    const [name] = path.split('/') as [string];
    const isOfDatabase = path.includes('/');
    files.push({ ...written, kind: isOfDatabase ? 'data' : 'roles', database: isOfDatabase ? name : null, server: 0 });
  }
  const manifest = sampleManifest({
    id: folder,
    takenAt: now.toISOString(),
    finishedAt: now.toISOString(),
    compression: compression.method,
    encryption: cipher?.encryption ?? null,
    files,
    ...options.changes,
  });
  await writeManifest(stores, manifest, keys);
  return manifest;
}
