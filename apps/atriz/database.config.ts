import { defineDatabase } from '@atriz/database';

export default defineDatabase({
  name: 'atriz_db',
  urlVariable: 'DATABASE_URL',
  directUrlVariable: 'DIRECT_DATABASE_URL',
  // A page belongs to the site, and who dealt with a message is a record: such users are deactivated, not deleted.
  references: [
    { table: 'user_profiles', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'cascade' },
    { table: 'user_preferences', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'cascade' },
    { table: 'pages', column: 'author_id', target: 'atriz_shared.users.id', onDelete: 'restrict' },
    { table: 'contact_messages', column: 'user_id', target: 'atriz_shared.users.id', onDelete: 'set null' },
    { table: 'contact_messages', column: 'handled_by', target: 'atriz_shared.users.id', onDelete: 'restrict' },
  ],
  // Pages are published by migrations, seeds and hands; nothing that a user wrote is deleted by a request. What visitors
  // wrote is for those who answer, and no figure in a report.
  access: {
    pages: { app: ['select'] },
    user_profiles: { app: ['select', 'insert', 'update'] },
    user_preferences: { app: ['select', 'insert', 'update'] },
    contact_messages: {
      app: ['select', 'insert', 'update'],
      read: ['id', 'user_id', 'created_at', 'handled_at', 'handled_by'],
    },
  },
});
