import { expect, test } from 'vitest';
import { startFaultProxy } from '../packages/backup/test/fault-proxy.ts';
import { startGcsFake } from '../packages/backup/test/gcs-fake.ts';
import { startS3Server } from '../packages/backup/test/s3-server.ts';
import { openTestServer } from './harness/server.ts';
import { createWorkspace, migration } from './harness/workspace.ts';

const PLANTS = migration(`CREATE TABLE plants (name text); INSERT INTO plants VALUES ('oak'), ('elm');`);
const UNAVAILABLE = '<Error><Code>ServiceUnavailable</Code><Message>Please try again.</Message></Error>';

interface Created {
  readonly set: string;
  readonly stores: readonly { readonly name: string }[];
  readonly failures: readonly { readonly name: string }[];
}

test(
  'a set goes to a folder, to S3 and to Google Cloud Storage at once; one that fails is told, and has nothing of it',
  { timeout: 240_000 },
  async () => {
    const server = await openTestServer();
    await using s3 = await startS3Server({ prefix: 'team/atriz' });
    await using fake = await startGcsFake();
    await using gcs = await startFaultProxy(fake.port);
    await using workspace = await createWorkspace(
      { garden: { migrations: { '1700000000001_plants.sql': PLANTS } } },
      server,
    );
    const env = {
      BACKUP_LOCAL: 'true',
      BACKUP_S3_BUCKET: s3.settings.bucket,
      BACKUP_S3_PREFIX: 'team/atriz',
      BACKUP_S3_ENDPOINT: s3.proxy.url,
      BACKUP_S3_ACCESS_KEY_ID: 'test-access-key',
      BACKUP_S3_SECRET_ACCESS_KEY: 'test-secret-access-key',
      BACKUP_GCS_BUCKET: 'backups',
      BACKUP_GCS_ENDPOINT: gcs.url,
      BACKUP_ENCRYPTION_KEY: 'a passphrase of a test',
    };
    const run = (...args: readonly string[]) => workspace.atriz(args, { env });
    expect((await run('setup')).code).toBe(0);

    const whole = await run('backup', 'create', '--json');
    const { set, ...first } = JSON.parse(whole.stdout) as Created;
    expect({ code: whole.code, names: first.stores.map(({ name }) => name), failures: first.failures }).toEqual({
      code: 0,
      names: ['folder', 's3', 'gcs'],
      failures: [],
    });
    for (const store of ['folder', 's3', 'gcs']) {
      const verified = await run('backup', 'verify', set, '--store', store);
      expect({ store, code: verified.code, stderr: verified.code === 0 ? '' : verified.stderr }).toEqual({
        store,
        code: 0,
        stderr: '',
      });
    }

    s3.proxy.decide = ({ method }) =>
      method === 'PUT' ? { kind: 'answer', status: 503, body: UNAVAILABLE } : undefined;
    const partly = await run('backup', 'create', '--json');
    const second = JSON.parse(partly.stdout) as Created;
    expect({
      stores: second.stores.map(({ name }) => name),
      failures: second.failures.map(({ name }) => name),
      left: s3.openUploads(),
    }).toEqual({ stores: ['folder', 'gcs'], failures: ['s3'], left: [] });
    s3.proxy.decide = () => undefined;
    const listed = JSON.parse((await run('backup', 'list', '--json', '--store', 's3')).stdout) as {
      readonly sets: readonly { readonly set: string }[];
    };
    expect(listed.sets.map((each) => each.set)).toEqual([set]);
    console.info(
      'three stores at once: 3 of 3 copies verified; one store down: 2 of 2 others have the set, 0 objects of it in the third',
    );
  },
);
