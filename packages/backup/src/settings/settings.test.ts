import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Environment } from '@atriz/database/workspace';
import { readBackupSettings, type BackupSettings } from './settings.ts';

const IDENTITY = 'AGE-SECRET-KEY-1S27LYUSXSVQM238MNYGDWPEVCT0CRN33LHGQXTVWZEZ4YR0RQWWQ2FSY0R';
const RECIPIENT = 'age12723a58z7gv0ccjy6cflu3hsf7kjaptx5rl4fhgj7nlrz5dk5dns8rulzp';

function read(variables: Record<string, string>): BackupSettings {
  const environment: Environment = {
    find: (variable) =>
      variables[variable] ? { variable, value: variables[variable], from: 'the process' } : undefined,
  };
  return readBackupSettings({ environment, family: { name: 'atriz', root: '/srv/atriz', databases: [] } });
}

describe('readBackupSettings', () => {
  it('has a default for everything outside production: a folder in the workspace, zstd, no encryption, 30 days', () => {
    expect(read({ BACKUP_JOBS: '2' })).toStrictEqual({
      stores: [{ kind: 'folder', directory: '/srv/atriz/.atriz/backups' }],
      compression: { method: 'zstd', level: 1 },
      key: undefined,
      encryption: false,
      engine: 'auto',
      jobs: 2,
      programs: undefined,
      retention: { days: 30 },
      schedule: undefined,
      pgbackrest: undefined,
      limits: { maxAgeHours: 24, rtoMinutes: 15, rpoMinutes: 5 },
      beforeMigration: false,
    });
    expect(read({}).jobs).toBeGreaterThanOrEqual(1);
    expect(read({}).jobs).toBeLessThanOrEqual(4);
  });

  it('names every store whose variables are set, the folder first', () => {
    const { stores } = read({
      BACKUP_LOCAL: 'true',
      BACKUP_S3_BUCKET: 'sets',
      BACKUP_S3_PREFIX: '/family/one/',
      BACKUP_S3_REGION: 'eu-south-1',
      BACKUP_S3_ENDPOINT: 'https://storage.example.com',
      BACKUP_GCS_BUCKET: 'sets-too',
      BACKUP_GCS_KEY_FILE: 'keys/gcs.json',
    });
    expect(stores).toStrictEqual([
      { kind: 'folder', directory: '/srv/atriz/.atriz/backups' },
      expect.objectContaining({
        kind: 's3',
        bucket: 'sets',
        prefix: 'family/one',
        region: 'eu-south-1',
        endpoint: 'https://storage.example.com',
        forcePathStyle: true,
      }),
      { kind: 'gcs', bucket: 'sets-too', prefix: '', keyFile: '/srv/atriz/keys/gcs.json', endpoint: undefined },
    ]);
  });

  it.each([
    ['a directory', '/mnt/sets', '/mnt/sets'],
    ['a directory below the root', 'sets', '/srv/atriz/sets'],
    ['yes', 'TRUE', '/srv/atriz/.atriz/backups'],
  ])('takes BACKUP_LOCAL as %s', (_, value, directory) => {
    expect(read({ BACKUP_LOCAL: value }).stores).toStrictEqual([{ kind: 'folder', directory }]);
  });

  it('reads compression with its level', () => {
    expect(read({ BACKUP_COMPRESSION: 'zstd:9' }).compression).toStrictEqual({ method: 'zstd', level: 9 });
    expect(read({ BACKUP_COMPRESSION: 'none' }).compression).toStrictEqual({ method: 'none' });
    expect(read({ BACKUP_COMPRESSION: 'true' }).compression).toStrictEqual({ method: 'zstd', level: 1 });
    for (const wrong of ['gzip', 'zstd:0', 'zstd:20', 'zstd:']) {
      expect(() => read({ BACKUP_COMPRESSION: wrong })).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }));
    }
  });

  it('keeps what any given rule keeps, and no 30 days beside it', () => {
    expect(read({ BACKUP_RETENTION_DAILY: '7', BACKUP_RETENTION_YEARLY: '3' }).retention).toStrictEqual({
      daily: 7,
      yearly: 3,
    });
  });

  it('reads a schedule in its time zone', () => {
    expect(read({ BACKUP_SCHEDULE: '15 3 * * *' }).schedule).toStrictEqual({
      cron: '15 3 * * *',
      timeZone: 'UTC',
      drill: undefined,
    });
    const variables = { BACKUP_SCHEDULE: '0 * * * 1-5', BACKUP_SCHEDULE_TIMEZONE: 'Europe/Rome' };
    expect(read({ ...variables, BACKUP_DRILL_SCHEDULE: '0 5 * * 0' }).schedule).toStrictEqual({
      cron: '0 * * * 1-5',
      timeZone: 'Europe/Rome',
      drill: '0 5 * * 0',
    });
  });

  it('encrypts when there is a key, and not when that is said', () => {
    const key = { BACKUP_ENCRYPTION_KEY: 'correct horse battery' };
    expect(read(key)).toMatchObject({ encryption: true, key: { kind: 'passphrase' } });
    expect(read({ ...key, BACKUP_ENCRYPTION: 'false' })).toMatchObject({
      encryption: false,
      key: { kind: 'passphrase' },
    });
    expect(read({ BACKUP_ENCRYPTION_KEY: RECIPIENT })).toMatchObject({
      encryption: true,
      key: { kind: 'recipient', recipients: [RECIPIENT] },
    });
    expect(read({ BACKUP_ENCRYPTION_KEY: `${IDENTITY}, ${RECIPIENT}` }).key).toMatchObject({
      kind: 'identity',
      recipients: [RECIPIENT],
    });
  });

  it.each([
    [{ NODE_ENV: 'production', BACKUP_ENCRYPTION: 'false' }, 'BACKUP_NOT_CONFIGURED', 'no store for backups is named'],
    [{ BACKUP_LOCAL: 'false' }, 'BACKUP_NOT_CONFIGURED', 'no store for backups is named'],
    [
      { NODE_ENV: 'production', BACKUP_LOCAL: '/mnt' },
      'BACKUP_KEY_MISSING',
      'there is no key for the backups of production',
    ],
    [{ BACKUP_ENCRYPTION: 'true' }, 'BACKUP_KEY_MISSING', 'BACKUP_ENCRYPTION is on and there is no key'],
    [{ BACKUP_S3_REGION: 'x' }, 'BACKUP_NOT_CONFIGURED', 'BACKUP_S3_REGION is set and BACKUP_S3_BUCKET is not'],
    [{ BACKUP_GCS_PREFIX: 'x' }, 'BACKUP_NOT_CONFIGURED', 'BACKUP_GCS_PREFIX is set and BACKUP_GCS_BUCKET is not'],
    [
      { BACKUP_S3_BUCKET: 'sets', BACKUP_S3_SECRET_ACCESS_KEY: 'x' },
      'BACKUP_NOT_CONFIGURED',
      'BACKUP_S3_SECRET_ACCESS_KEY is set and BACKUP_S3_ACCESS_KEY_ID is not',
    ],
    [
      { BACKUP_DRILL_SCHEDULE: '0 5 * * 0' },
      'BACKUP_NOT_CONFIGURED',
      'BACKUP_DRILL_SCHEDULE is set and BACKUP_SCHEDULE is not',
    ],
    [
      { BACKUP_ENGINE: 'tape' },
      'SETTING_INVALID',
      'BACKUP_ENGINE of the process is "tape", none of auto, logical, physical',
    ],
    [{ BACKUP_JOBS: '0' }, 'SETTING_INVALID', 'BACKUP_JOBS of the process is "0", not a whole number from 1'],
    [{ BACKUP_SCHEDULE: 'daily' }, 'SETTING_INVALID', 'BACKUP_SCHEDULE of the process is "daily", not a schedule'],
    [
      { BACKUP_SCHEDULE: '0 3 * * *', BACKUP_SCHEDULE_TIMEZONE: 'Rome' },
      'SETTING_INVALID',
      'BACKUP_SCHEDULE_TIMEZONE of the process is "Rome", not a time zone',
    ],
    [
      { BACKUP_S3_BUCKET: 's3://sets/x' },
      'SETTING_INVALID',
      'BACKUP_S3_BUCKET of the process is "s3://sets/x", not a bucket\'s name',
    ],
    [
      { BACKUP_S3_BUCKET: 'sets', BACKUP_S3_PREFIX: '../x' },
      'SETTING_INVALID',
      'BACKUP_S3_PREFIX of the process is "../x", not a path within a bucket',
    ],
  ])('refuses %o with %s', (variables, code, message) => {
    expect(() => read(variables as Record<string, string>)).toThrow(expect.objectContaining({ code, message }));
  });

  it('tells all faults at once, with what to do for each', () => {
    const variables = { NODE_ENV: 'production', BACKUP_JOBS: 'many', BACKUP_RETENTION_DAYS: '-1' };
    expect(() => read(variables)).toThrow(
      expect.objectContaining({
        code: 'SETTING_INVALID',
        message: [
          '4 settings of backups are wrong:',
          '  no store for backups is named: set BACKUP_S3_BUCKET, BACKUP_GCS_BUCKET or BACKUP_LOCAL, in the process or in .env',
          '  there is no key for the backups of production: set BACKUP_ENCRYPTION_KEY, or say BACKUP_ENCRYPTION=false',
          '  BACKUP_JOBS of the process is "many", not a whole number from 1: set BACKUP_JOBS to a whole number from 1, or remove it to use the default',
          '  BACKUP_RETENTION_DAYS of the process is "-1", not a whole number from 1: set BACKUP_RETENTION_DAYS to a whole number from 1, or remove it to use the default',
        ].join('\n'),
      }),
    );
  });

  it('never repeats a secret: neither in an error nor in a print or a copy of the settings', () => {
    const secrets = ['too short', 'AGE-SECRET-KEY-1BROKEN', 'short-signing-key', 'hunter2'];
    const wrong = {
      BACKUP_ENCRYPTION_KEY: 'too short',
      BACKUP_SIGNING_KEY: 'short-signing-key',
      BACKUP_S3_BUCKET: 'sets',
      BACKUP_S3_ENDPOINT: 'https://me:hunter2@storage.example.com',
    };
    for (const key of ['too short', 'AGE-SECRET-KEY-1BROKEN', `${RECIPIENT},x`]) {
      const error = catchError(() => read({ ...wrong, BACKUP_ENCRYPTION_KEY: key }));
      const said = inspect(error, { depth: 9 });
      for (const secret of secrets) expect(said).not.toContain(secret);
    }
    const right = {
      BACKUP_ENCRYPTION_KEY: IDENTITY,
      BACKUP_SIGNING_KEY: 's'.repeat(32),
      BACKUP_S3_BUCKET: 'sets',
      BACKUP_S3_ACCESS_KEY_ID: 'me',
      BACKUP_S3_SECRET_ACCESS_KEY: 'hunter2',
    };
    const settings = read(right);
    const said = [inspect(settings, { depth: 9 }), JSON.stringify(settings), JSON.stringify({ ...settings })].join(
      '\n',
    );
    for (const secret of [IDENTITY, 's'.repeat(32), 'hunter2']) expect(said).not.toContain(secret);
    expect(settings.signingKey).toBe('s'.repeat(32));
    expect(settings.stores[0]).toMatchObject({ accessKeyId: 'me' });
    expect((settings.stores[0] as { secretAccessKey: string }).secretAccessKey).toBe('hunter2');
  });
});

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
