import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AtrizError } from '@atriz/database';
import { expect, test } from 'vitest';
import { startGcsFake } from '../../test/gcs-fake.ts';
import { describeStore } from '../../test/store-contract.ts';
import { createGcsStore } from './gcs.ts';

describeStore('gcs', async () => {
  const fake = await startGcsFake();
  return {
    store: createGcsStore({
      kind: 'gcs',
      bucket: 'backups',
      prefix: 'team',
      endpoint: `http://127.0.0.1:${fake.port}`,
    }),
    leftovers: async () => [...fake.sessions.keys()],
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
});

test('a key file that is not there, or is none, is told with its name, without what is in it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'atriz-key-'));
  await writeFile(join(directory, 'broken.json'), '-----BEGIN PRIVATE KEY----- secret');
  await writeFile(join(directory, 'other.json'), '{"type": "authorized_user", "refresh_token": "secret"}');
  const names = ['nowhere.json', 'broken.json', 'other.json'];
  const failures = await Promise.all(
    names.map(async (name) => {
      const store = createGcsStore({ kind: 'gcs', bucket: 'backups', keyFile: join(directory, name) });
      return store.remove('set/file').catch((error: unknown) => error as AtrizError);
    }),
  );
  await rm(directory, { recursive: true });
  for (const [index, failure] of failures.entries()) {
    expect(failure).toMatchObject({
      code: 'BACKUP_STORE_FAILED',
      message: expect.stringContaining('could not remove gs://backups/set/file: no credentials: '),
      hint: 'see whether the credentials are right and may read, write, list and remove: BACKUP_GCS_*',
    });
    expect(String(failure)).toContain(names[index]);
    expect(String(failure)).not.toContain('secret');
  }
});
