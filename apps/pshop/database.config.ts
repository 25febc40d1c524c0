import { defineDatabase } from '@atriz/database';

export default defineDatabase({
  name: 'pshop_db',
  urlVariable: 'DATABASE_URL',
  directUrlVariable: 'DIRECT_DATABASE_URL',
  // The books stay as they are: who sold or moved stock is deactivated, not deleted.
  references: [
    { table: 'sales', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'restrict' },
    { table: 'stock_movements', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'restrict' },
  ],
});
