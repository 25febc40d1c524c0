import { defineDatabase } from '@atriz/database';

/** The family's shared database: who may sign in, and in which role. */
export const sharedDatabase = defineDatabase({
  name: 'atriz_shared',
  urlVariable: 'SHARED_DATABASE_URL',
  directUrlVariable: 'DIRECT_SHARED_DATABASE_URL',
});
