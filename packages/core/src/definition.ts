import { defineDatabase } from '@atriz/database';

/** The family's shared database: who may sign in, and in which role. */
export const sharedDatabase = defineDatabase({
  name: 'atriz_shared',
  urlVariable: 'SHARED_DATABASE_URL',
  directUrlVariable: 'DIRECT_SHARED_DATABASE_URL',
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
