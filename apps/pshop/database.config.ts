import { defineDatabase } from '@atriz/database';

export default defineDatabase({
  name: 'pshop_db',
  urlVariable: 'DATABASE_URL',
  directUrlVariable: 'DIRECT_DATABASE_URL',
});
