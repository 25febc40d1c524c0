import { defineDatabase } from '@atriz/database';

/** The family's shared database: who may sign in, and in which role. */
export const sharedDatabase = defineDatabase({
  name: 'atriz_shared',
  urlVariable: 'SHARED_DATABASE_URL',
  directUrlVariable: 'DIRECT_SHARED_DATABASE_URL',
  // Rows that are withdrawn stay until they expire (atriz maintain), and what happened is added by record_audit alone.
  // Other applications read, as atriz_shared_read, who somebody is and what was withdrawn: no password, no token.
  access: {
    '*': { read: [] },
    users: {
      app: ['select', 'insert', 'update'],
      read: ['id', 'email', 'name', 'email_verified', 'is_active', 'created_at', 'updated_at', 'token_version'],
    },
    roles: { app: ['select'], read: ['id', 'name', 'description', 'created_at', 'updated_at'] },
    user_roles: { app: ['select', 'insert', 'delete'], read: ['user_id', 'role_id', 'granted_at'] },
    auth_tokens: { app: ['select', 'insert', 'update'] },
    token_revocations: { app: ['select', 'insert', 'update'], read: ['subject_id', 'least_version', 'revoked_at'] },
    sign_in_addresses: { app: ['select', 'insert', 'update'] },
    user_deletions: { app: ['select', 'insert', 'update'] },
    audit_log: { app: [] },
    audit_log_head: { app: [] },
  },
  audit: { table: 'audit_log' },
  maintenance: {
    expired: [
      { table: 'auth_tokens', column: 'expires_at', keepDays: 7 },
      { table: 'token_revocations', column: 'revoked_at', keepDays: 1 }, // an access token lives for minutes
      { table: 'sign_in_attempts', column: 'last_failed_at', keepDays: 2 }, // failures count for a day
      { table: 'sign_in_addresses', column: 'signed_in_at', keepDays: 90 },
    ],
    partitions: [{ function: 'create_audit_partitions', months: 4 }],
    deletions: { table: 'user_deletions', key: 'user_id', target: 'users.id' },
  },
});
