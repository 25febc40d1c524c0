import { join, resolve } from 'node:path';
import { STATE_DIRECTORY } from '@atriz/database/workspace';
import type { StoreSettings } from '../stores/settings.ts';
import { hideSecrets } from '../secrets.ts';
import type { VariableReader } from './variable-reader.ts';

/** Where sets lie when nobody says otherwise, below the workspace's root. */
export const DEFAULT_FOLDER = join(STATE_DIRECTORY, 'backups');

/**
 * The stores that the variables name, the nearest first. None outside production means the default folder; in production
 * it is a fault, `BACKUP_NOT_CONFIGURED`: a backup on the database's own disk has to be somebody's decision.
 */
export function readStoreSettings(reader: VariableReader, root: string, production: boolean): StoreSettings[] {
  const stores = [readFolder(reader, root), readS3(reader), readGcs(reader, root)].filter((each) => each !== undefined);
  if (stores.length > 0) return stores;
  const isForbidden = reader.find('BACKUP_LOCAL') !== undefined; // by BACKUP_LOCAL=false
  if (!production && !isForbidden) return [{ kind: 'folder', directory: join(root, DEFAULT_FOLDER) }];
  reader.fault({
    code: 'BACKUP_NOT_CONFIGURED',
    message: 'no store for backups is named',
    hint: 'set BACKUP_S3_BUCKET, BACKUP_GCS_BUCKET or BACKUP_LOCAL, in the process or in .env',
  });
  return [];
}

function readFolder(reader: VariableReader, root: string): StoreSettings | undefined {
  const setting = reader.find('BACKUP_LOCAL');
  if (setting === undefined) return undefined;
  const value = setting.value.trim();
  if (/^(true|1|yes|on)$/i.test(value)) return { kind: 'folder', directory: join(root, DEFAULT_FOLDER) };
  if (/^(false|0|no|off)$/i.test(value)) return undefined;
  return { kind: 'folder', directory: resolve(root, value) };
}

function readS3(reader: VariableReader): StoreSettings | undefined {
  const bucket = readBucket(reader, 'BACKUP_S3_BUCKET', [
    'BACKUP_S3_PREFIX',
    'BACKUP_S3_REGION',
    'BACKUP_S3_ENDPOINT',
    'BACKUP_S3_ACCESS_KEY_ID',
    'BACKUP_S3_SECRET_ACCESS_KEY',
    'BACKUP_S3_FORCE_PATH_STYLE',
    'BACKUP_S3_PART_MIB',
  ]);
  if (bucket === undefined) return undefined;
  const accessKeyId = reader.find('BACKUP_S3_ACCESS_KEY_ID')?.value;
  const secretAccessKey = reader.find('BACKUP_S3_SECRET_ACCESS_KEY')?.value;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const [set, missing] = ['BACKUP_S3_ACCESS_KEY_ID', 'BACKUP_S3_SECRET_ACCESS_KEY'].toSorted((one) =>
      reader.find(one) === undefined ? 1 : -1,
    );
    reader.fault({
      code: 'BACKUP_NOT_CONFIGURED',
      message: `${set} is set and ${missing} is not`,
      hint: 'set both, or neither to use the credentials that the SDK finds',
    });
  }
  const endpoint = reader.url('BACKUP_S3_ENDPOINT');
  const partMebibytes = reader.number('BACKUP_S3_PART_MIB', { least: 5, whole: true });
  const settings: StoreSettings = {
    kind: 's3',
    bucket,
    prefix: reader.prefix('BACKUP_S3_PREFIX'),
    region: reader.find('BACKUP_S3_REGION')?.value,
    endpoint,
    accessKeyId,
    secretAccessKey,
    forcePathStyle: reader.flag('BACKUP_S3_FORCE_PATH_STYLE') ?? endpoint !== undefined,
    ...(partMebibytes && { partBytes: partMebibytes * 1024 * 1024 }),
  };
  return hideSecrets(settings, 'secretAccessKey');
}

function readGcs(reader: VariableReader, root: string): StoreSettings | undefined {
  const others = ['BACKUP_GCS_PREFIX', 'BACKUP_GCS_KEY_FILE', 'BACKUP_GCS_ENDPOINT'];
  const bucket = readBucket(reader, 'BACKUP_GCS_BUCKET', others);
  if (bucket === undefined) return undefined;
  const keyFile = reader.find('BACKUP_GCS_KEY_FILE')?.value;
  return {
    kind: 'gcs',
    bucket,
    prefix: reader.prefix('BACKUP_GCS_PREFIX'),
    keyFile: keyFile === undefined ? undefined : resolve(root, keyFile),
    endpoint: reader.url('BACKUP_GCS_ENDPOINT'),
  };
}

function readBucket(reader: VariableReader, variable: string, others: readonly string[]): string | undefined {
  const setting = reader.find(variable);
  if (setting === undefined) {
    const lonely = others.find((each) => reader.find(each) !== undefined);
    if (lonely !== undefined) {
      const message = `${lonely} is set and ${variable} is not`;
      reader.fault({ code: 'BACKUP_NOT_CONFIGURED', message, hint: `set ${variable}, or remove ${lonely}` });
    }
    return undefined;
  }
  if (!/^[a-z0-9][\w.-]{1,220}$/i.test(setting.value)) {
    reader.refuse(setting, "not a bucket's name", {
      hint: `set ${variable} to the name alone, without a scheme or a path`,
    });
  }
  return setting.value;
}
