/** What the code itself tells the audit log, because no row of another table says it. */
export const RECORDED_ACTIONS = ['session.started', 'session.ended', 'refresh_token.reused'] as const;

/** What the database's own triggers tell it, whoever changed the row. */
export const TRIGGERED_ACTIONS = [
  'user.created',
  'user.email_changed',
  'user.email_verified',
  'user.email_unverified',
  'user.password_changed',
  'user.password_rehashed',
  'user.renamed',
  'user.deactivated',
  'user.activated',
  'user.deleted',
  'role.granted',
  'role.revoked',
  'api_token.created',
  'api_token.revoked',
  'email_verification.requested',
  'password_reset.requested',
  'user_deletion.requested',
  'user_deletion.refused',
  'user_deletion.done',
] as const;

export type RecordedAction = (typeof RECORDED_ACTIONS)[number];

/** Everything that `audit_log.action` can say. */
export type AuditAction = RecordedAction | (typeof TRIGGERED_ACTIONS)[number];
