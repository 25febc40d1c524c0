import { expect, test } from 'vitest';
import { formatConfiguration, readOption, type Configuration } from './configuration.ts';

const GARDEN: Configuration = {
  stanza: 'garden',
  repository: { kind: 'folder', directory: '/srv/backups' },
  cipherPass: 'correct horse # battery = staple',
  retention: { kind: 'days', full: 30 },
  server: { dataDirectory: '/var/lib/postgresql/15/main', port: 5432, user: 'postgres' },
  jobs: 2,
};

const HEAD = `# Written by: atriz backup pgbackrest init
# It is a secret where it holds a cipher pass or an access key: only the user that PostgreSQL runs as may read it.

[global]
`;
const TAIL = `compress-type=zst
process-max=2
start-fast=y
log-level-file=off

[garden]
pg1-path=/var/lib/postgresql/15/main
pg1-port=5432
pg1-user=postgres
`;

test.each<[string, Partial<Configuration>, string]>([
  [
    'a folder, encrypted',
    {},
    `repo1-path=/srv/backups
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=correct horse # battery = staple
repo1-retention-full-type=time
repo1-retention-full=30
`,
  ],
  [
    'S3, not encrypted, a number of backups',
    {
      repository: {
        kind: 's3',
        bucket: 'atriz',
        path: '/garden/pgbackrest',
        region: 'eu-central-1',
        endpoint: 'minio.example:9000',
        accessKeyId: 'AKIA',
        secretAccessKey: 'hidden',
        forcePathStyle: true,
      },
      cipherPass: undefined,
      retention: { kind: 'count', full: 4 },
    },
    `repo1-type=s3
repo1-path=/garden/pgbackrest
repo1-s3-bucket=atriz
repo1-s3-region=eu-central-1
repo1-s3-endpoint=minio.example:9000
repo1-s3-uri-style=path
repo1-s3-key=AKIA
repo1-s3-key-secret=hidden
repo1-retention-full-type=count
repo1-retention-full=4
`,
  ],
  [
    'Google Cloud Storage',
    {
      repository: { kind: 'gcs', bucket: 'atriz', path: '/pgbackrest', keyFile: '/etc/gcs.json' },
      cipherPass: undefined,
    },
    `repo1-type=gcs
repo1-path=/pgbackrest
repo1-gcs-bucket=atriz
repo1-gcs-key=/etc/gcs.json
repo1-retention-full-type=time
repo1-retention-full=30
`,
  ],
])('the text for %s', (_, change, middle) => {
  expect(formatConfiguration({ ...GARDEN, ...change })).toBe(HEAD + middle + TAIL);
});

test.each(['two\nlines', ' led', 'trailed ', ''])('a cipher pass that a line cannot hold is refused: %j', (pass) => {
  const format = (): string => formatConfiguration({ ...GARDEN, server: { ...GARDEN.server, user: pass } });
  expect(format).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }) as Error);
  expect(format).toThrow('pgbackrest.conf cannot hold the value for pg1-user');
});

test('options are read back from the section that they stand in', () => {
  const text = formatConfiguration(GARDEN);
  expect(readOption(text, 'garden', 'pg1-path')).toBe('/var/lib/postgresql/15/main');
  expect(readOption(text, 'global', 'repo1-cipher-pass')).toBe('correct horse # battery = staple');
  expect(readOption(text, 'global', 'pg1-path')).toBeUndefined();
});
