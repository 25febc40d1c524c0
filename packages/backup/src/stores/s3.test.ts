import { startS3Server } from '../../test/s3-server.ts';
import { describeStore } from '../../test/store-contract.ts';
import { createS3Store } from './s3.ts';

for (const prefix of [undefined, 'team/atriz']) {
  describeStore(`s3, ${prefix ? 'with a prefix' : 'of a whole bucket'}`, async () => {
    const server = await startS3Server({ ...(prefix && { prefix }) });
    return {
      store: createS3Store(server.settings),
      leftovers: async () => server.openUploads(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  });
}
