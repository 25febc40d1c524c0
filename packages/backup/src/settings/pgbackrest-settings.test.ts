import { readEnvironment } from '@atriz/database/workspace';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { readBackupSettings } from './settings.ts';

const CONFIG = { BACKUP_PGBACKREST_CONFIG: 'etc/pgbackrest.conf' };
const REPO = { BACKUP_PGBACKREST_REPO: '/srv/pgbackrest' };
const PASSPHRASE = 'correct horse battery';

async function read(variables: Record<string, string>) {
  const environment = await readEnvironment('/nowhere', '/nowhere', variables);
  const family = { name: 'my.garden', root: '/work/garden', databases: [] };
  return readBackupSettings({ environment, family }).pgbackrest;
}

test('without a configuration file there is none of it', async () => {
  await expect(read(REPO)).resolves.toBeUndefined();
});

test('what is not said follows from the rest: the stanza from the family, retention and encryption from those of sets', async () => {
  const settings = await read({ ...CONFIG, ...REPO, BACKUP_ENCRYPTION_KEY: PASSPHRASE, BACKUP_JOBS: '2' });
  expect(settings).toEqual({
    config: '/work/garden/etc/pgbackrest.conf',
    stanza: 'my_garden',
    repository: { kind: 'folder', directory: '/srv/pgbackrest' },
    retention: { kind: 'days', full: 30 },
    archiveTimeoutSeconds: 60,
    jobs: 2,
  });
  expect(settings!.cipherPass).toBe(PASSPHRASE); // and no print of the settings has it
});

test.each<[string, Record<string, string>, object]>([
  [
    'a count of sets is one of full backups',
    { BACKUP_RETENTION_COUNT: '4' },
    { retention: { kind: 'count', full: 4 } },
  ],
  [
    'days go before a count',
    { BACKUP_RETENTION_COUNT: '4', BACKUP_RETENTION_DAYS: '7' },
    { retention: { kind: 'days', full: 7 } },
  ],
  ['half the recovery point objective', { BACKUP_RPO_MINUTES: '1' }, { archiveTimeoutSeconds: 30 }],
  ['a minute at most', { BACKUP_RPO_MINUTES: '60' }, { archiveTimeoutSeconds: 60 }],
  ['a second at least', { BACKUP_RPO_MINUTES: '0.01' }, { archiveTimeoutSeconds: 1 }],
])('%s', async (_, variables, expected) => {
  await expect(read({ ...CONFIG, ...REPO, ...variables })).resolves.toMatchObject(expected);
});

test('the bucket of the sets, where no directory is named', async () => {
  const s3 = { BACKUP_S3_BUCKET: 'atriz', BACKUP_S3_PREFIX: 'production', BACKUP_S3_REGION: 'eu-central-1' };
  await expect(read({ ...CONFIG, ...s3 })).resolves.toMatchObject({
    repository: {
      kind: 's3',
      bucket: 'atriz',
      path: '/production/pgbackrest',
      region: 'eu-central-1',
      endpoint: 's3.eu-central-1.amazonaws.com',
      forcePathStyle: false,
    },
  });
  await expect(read({ ...CONFIG, BACKUP_GCS_BUCKET: 'atriz' })).resolves.toMatchObject({
    repository: { kind: 'gcs', bucket: 'atriz', path: '/pgbackrest' },
  });
});

test('an identity is a secret that both sides have; a recipient is none, and wants a pass of its own', async () => {
  const identity = await generateIdentity();
  const withIdentity = await read({ ...CONFIG, ...REPO, BACKUP_ENCRYPTION_KEY: identity });
  expect(withIdentity!.cipherPass).toBe(identity);
  const recipient = { ...CONFIG, ...REPO, BACKUP_ENCRYPTION_KEY: await identityToRecipient(identity) };
  await expect(read(recipient)).rejects.toMatchObject({ code: 'BACKUP_KEY_MISSING' });
  const own = await read({ ...recipient, BACKUP_PGBACKREST_CIPHER_PASS: PASSPHRASE });
  expect(own!.cipherPass).toBe(PASSPHRASE);
});

test.each<[Record<string, string>, string, string]>([
  [
    {},
    'BACKUP_NOT_CONFIGURED',
    'BACKUP_PGBACKREST_CONFIG is set, and nothing says where pgBackRest keeps its repository',
  ],
  [
    { ...REPO, BACKUP_PGBACKREST_STANZA: 'a b' },
    'SETTING_INVALID',
    'BACKUP_PGBACKREST_STANZA of the process is "a b", not the name of a stanza',
  ],
  [
    { BACKUP_S3_BUCKET: 'atriz', BACKUP_S3_ENDPOINT: 'http://127.0.0.1:9000' },
    'SETTING_INVALID',
    'BACKUP_S3_ENDPOINT of the process is "http://127.0.0.1:9000", without TLS, which pgBackRest demands of a storage',
  ],
])('what is wrong is told: %#', async (variables, code, message) => {
  await expect(read({ ...CONFIG, ...variables })).rejects.toMatchObject({ code, message });
});
