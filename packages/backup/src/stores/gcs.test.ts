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
