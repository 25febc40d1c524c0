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
  // What was written into the books is not written over, and a product leaves the shelf but not the table.
  access: {
    idempotency_keys: { app: ['select', 'insert'], read: [] },
    inventory: { app: ['select', 'insert', 'update'] },
    products: { app: ['select', 'insert', 'update'] },
    refund_items: { app: ['select', 'insert'] },
    refunds: { app: ['select', 'insert'] },
    sale_items: { app: ['select', 'insert'] },
    sales: { app: ['select', 'insert'] },
    stock_movements: { app: ['select', 'insert'] },
  },
  // A key is asked for again within seconds of its request, or never.
  maintenance: { expired: [{ table: 'idempotency_keys', column: 'created_at', keepDays: 7 }] },
});
