import { defineDatabase } from '@atriz/database';

export default defineDatabase({
  name: 'pshop_db',
  urlVariable: 'DATABASE_URL',
  directUrlVariable: 'DIRECT_DATABASE_URL',
  // The books stay as they are: who sold, refunded or moved stock is deactivated, not deleted.
  references: [
    { table: 'idempotency_keys', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'cascade' },
    { table: 'refunds', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'restrict' },
    { table: 'sales', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'restrict' },
    { table: 'stock_movements', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'restrict' },
  ],
});
