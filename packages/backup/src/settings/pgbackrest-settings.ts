import { resolve } from 'node:path';
import type { Family } from '@atriz/database/workspace';
import type { BackupKey } from '../keys/key.ts';
import type { Repository } from '../pgbackrest/setup/configuration.ts';
import { hideSecrets } from '../secrets.ts';
import type { S3StoreSettings } from '../stores/settings.ts';
import type { BackupSettings } from './settings.ts';
import type { VariableReader } from './variable-reader.ts';

/** What the variables say of recovery to a point in time. */
export interface PgbackrestSettings {
  /** The configuration file, absolute; `init` writes it. */
  readonly config: string;
  readonly stanza: string;
  readonly repository: Repository;
  /** What the repository is encrypted with, where it is. Not enumerable. */
  readonly cipherPass: string | undefined;
  readonly retention: { readonly kind: 'days' | 'count'; readonly full: number };
  /** The longest that a server may wait, in seconds, before it closes a segment and hands it to the archive. */
  readonly archiveTimeoutSeconds: number;
  readonly jobs: number;
}

export type Surroundings = Pick<BackupSettings, 'stores' | 'key' | 'encryption' | 'retention' | 'limits' | 'jobs'> & {
  readonly family: Pick<Family, 'name' | 'root'>;
};

const MOST_TIMEOUT_SECONDS = 60;
const DEFAULT_DAYS = 30;

/**
 * Reads `BACKUP_PGBACKREST_*`; `undefined` where `BACKUP_PGBACKREST_CONFIG` names no configuration file. The repository is
 * the directory `BACKUP_PGBACKREST_REPO`, else in the bucket of `BACKUP_S3_*` or `BACKUP_GCS_*`, beside the sets.
 *
 * It is encrypted when sets are: in `BACKUP_PGBACKREST_CIPHER_PASS`, else in the passphrase, or the first identity, of
 * `BACKUP_ENCRYPTION_KEY`. A segment is closed after half the recovery point objective, and within a minute at most, so
 * that the other half is left for the archive.
 */
export function readPgbackrest(reader: VariableReader, surroundings: Surroundings): PgbackrestSettings | undefined {
  const config = reader.find('BACKUP_PGBACKREST_CONFIG');
  if (config === undefined) return undefined;
  const { family, retention, limits, jobs } = surroundings;
  const settings: PgbackrestSettings = {
    config: resolve(family.root, config.value),
    stanza: readStanza(reader, family.name),
    repository: readRepository(reader, surroundings),
    cipherPass: readCipherPass(reader, surroundings),
    retention:
      retention.days === undefined && retention.count !== undefined
        ? { kind: 'count', full: retention.count }
        : { kind: 'days', full: retention.days ?? DEFAULT_DAYS },
    archiveTimeoutSeconds: Math.max(1, Math.min(MOST_TIMEOUT_SECONDS, Math.floor((limits.rpoMinutes * 60) / 2))),
    jobs,
  };
  return hideSecrets(settings, 'cipherPass');
}

function readStanza(reader: VariableReader, family: string): string {
  const setting = reader.find('BACKUP_PGBACKREST_STANZA');
  if (setting === undefined) return family.replaceAll(/[^\w-]/g, '_');
  if (/^\w[\w-]{0,126}$/.test(setting.value)) return setting.value;
  const hint = 'set BACKUP_PGBACKREST_STANZA to letters, digits, _ and -';
  reader.refuse(setting, 'not the name of a stanza', { hint });
  return family;
}

function readRepository(reader: VariableReader, { stores, family }: Surroundings): Repository {
  const directory = reader.find('BACKUP_PGBACKREST_REPO');
  if (directory !== undefined) return { kind: 'folder', directory: resolve(family.root, directory.value) };
  const bucket = stores.find((each) => each.kind !== 'folder');
  if (bucket?.kind === 's3') return readS3(reader, bucket);
  if (bucket?.kind === 'gcs') {
    return { kind: 'gcs', bucket: bucket.bucket, path: pathOf(bucket.prefix), keyFile: bucket.keyFile };
  }
  reader.fault({
    code: 'BACKUP_NOT_CONFIGURED',
    message: 'BACKUP_PGBACKREST_CONFIG is set, and nothing says where pgBackRest keeps its repository',
    hint: 'set BACKUP_PGBACKREST_REPO to a directory on another disk, or name a bucket: BACKUP_S3_BUCKET',
  });
  return { kind: 'folder', directory: family.root };
}

function readS3(reader: VariableReader, store: S3StoreSettings): Repository {
  const region = store.region ?? 'us-east-1';
  const endpoint = store.endpoint === undefined ? undefined : URL.parse(store.endpoint);
  const setting = reader.find('BACKUP_S3_ENDPOINT');
  if (setting !== undefined && endpoint?.protocol === 'http:') {
    const hint = 'set BACKUP_PGBACKREST_REPO to a directory, or give the storage a certificate';
    reader.refuse(setting, 'without TLS, which pgBackRest demands of a storage', { hint });
  }
  const repository: Repository = {
    kind: 's3',
    bucket: store.bucket,
    path: pathOf(store.prefix),
    region,
    endpoint: endpoint?.host ?? `s3.${region}.amazonaws.com`,
    accessKeyId: store.accessKeyId,
    secretAccessKey: store.secretAccessKey,
    forcePathStyle: store.forcePathStyle ?? store.endpoint !== undefined,
  };
  return hideSecrets(repository, 'secretAccessKey' as never);
}

function pathOf(prefix = ''): string {
  return `/${[prefix, 'pgbackrest'].filter(Boolean).join('/')}`;
}

function readCipherPass(reader: VariableReader, { key, encryption }: Surroundings): string | undefined {
  const own = reader.find('BACKUP_PGBACKREST_CIPHER_PASS');
  if (own !== undefined) return own.value;
  if (!encryption || key === undefined) return undefined;
  const pass = passOf(key);
  if (pass === undefined) {
    reader.fault({
      code: 'BACKUP_KEY_MISSING',
      message: 'pgBackRest encrypts with a secret, and BACKUP_ENCRYPTION_KEY is a recipient only',
      hint: 'set BACKUP_PGBACKREST_CIPHER_PASS to a long passphrase',
    });
  }
  return pass;
}

function passOf(key: BackupKey): string | undefined {
  switch (key.kind) {
    case 'passphrase':
      return key.passphrase;
    case 'identity':
      return key.identities[0];
    case 'recipient':
      return undefined;
  }
}
