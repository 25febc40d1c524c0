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

test('a key file that is not there is told with its name, and what to look at', async () => {
  const store = createGcsStore({ kind: 'gcs', bucket: 'backups', keyFile: '/nowhere/key.json' });
  await expect(store.remove('set/file')).rejects.toMatchObject({
    code: 'BACKUP_STORE_FAILED',
    message: expect.stringMatching(
      /^could not remove gs:\/\/backups\/set\/file: no credentials: .*\/nowhere\/key\.json/,
    ),
    hint: 'see whether the credentials are right and may read, write, list and remove: BACKUP_GCS_*',
  });
});
