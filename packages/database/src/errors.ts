/**
 * Every code that an {@link AtrizError} can carry. `docs/errors.md` lists the same codes with their
 * meaning and remedy, and a test holds list and union against each other.
 */
export const ERROR_CODES = [
  // settings and definitions
  'ARGUMENT_INVALID',
  'CONNECTION_NOT_CONFIGURED',
  'CONNECTION_STRING_INVALID',
  'DATABASE_DUPLICATE',
  'DATABASE_UNKNOWN',
  'DEFINITION_INVALID',
  'DEPENDENCY_CYCLE',
  'INSTANCES_INVALID',
  'INSTANCE_UNKNOWN',
  'PROVIDER_UNKNOWN',
  'SETTING_INVALID',
  'WORKSPACE_NOT_FOUND',
  // servers and connections
  'AUTHENTICATION_FAILED',
  'CONNECTION_FAILED',
  'CONNECTION_LOST',
  'DATABASE_MISSING',
  'SERVER_UNREACHABLE',
  // the embedded server
  'DISK_FULL',
  'EMBEDDED_DATA_VERSION',
  'EMBEDDED_FAILED',
  'EMBEDDED_NOT_RUNNING',
  'EMBEDDED_NO_USER',
  'EMBEDDED_UNSUPPORTED',
  'PORT_TAKEN',
  // work on a database
  'DATABASE_IN_USE',
  'HISTORY_NOT_EMPTY',
  'LINTER_FAILED',
  'LOCK_TIMEOUT',
  'MIGRATION_EDITED',
  'MIGRATION_FAILED',
  'MIGRATION_INVALID',
  'MIGRATION_MISSING',
  'MIGRATION_OUT_OF_ORDER',
  'MIGRATION_UNFINISHED',
  'MIGRATION_UNKNOWN',
  'NOT_MIGRATED',
  'PERMISSION_DENIED',
  'POOLER_IN_THE_WAY',
  'QUERY_FAILED',
  'REFERENCE_FAILED',
  'REFERENCE_INVALID',
  'REFERENCE_ORPHANED',
  'REFERENCE_RESTRICTED',
  'REQUIREMENT_CYCLE',
  'REQUIREMENT_UNKNOWN',
  'REPLAY_REFUSED',
  'SEED_FAILED',
  'SEED_INVALID',
  'SQUASH_PARTIAL',
  'SQUASH_REFUSED',
  'TRANSACTION_ABORTED',
  'TYPES_STALE',
  // guards
  'BACKUP_REQUIRED',
  'CONFIRMATION_REQUIRED',
  'DESTRUCTIVE_REFUSED',
  'IDENTITY_MISMATCH',
  'SEED_REFUSED',
  'LINT_REFUSED',
  'REQUIREMENT_MISSING',
  // backups
  'BACKUP_CORRUPT',
  'BACKUP_FILE_MISSING',
  'BACKUP_FOREIGN',
  'BACKUP_INCONSISTENT',
  'BACKUP_KEY_MISSING',
  'BACKUP_KEY_WRONG',
  'BACKUP_NOT_CONFIGURED',
  'BACKUP_STORE_FAILED',
  'BACKUP_UNKNOWN',
  'BACKUP_UNPROVEN',
  'BACKUP_UNTRUSTED',
  'BACKUP_VERSION',
  'CLIENT_TOOLS_MISSING',
  'CLIENT_TOOL_FAILED',
  'RESTORE_BLOCKED',
  'RESTORE_NO_ROOM',
  // roles, audit and maintenance
  'AUDIT_BROKEN',
  'MAINTENANCE_FAILED',
  'ROLES_DRIFTED',
  'ROLE_TOO_POWERFUL',
  // signing in
  'ACCOUNT_INACTIVE',
  'CREDENTIALS_INVALID',
  'EMAIL_TAKEN',
  'EMAIL_UNVERIFIED',
  'KEYS_INVALID',
  'MAIL_FAILED',
  'PASSWORD_REFUSED',
  'ROLE_MISSING',
  'SIGN_IN_THROTTLED',
  'TOKEN_EXPIRED',
  'TOKEN_INVALID',
  'TOKEN_MISSING',
  'TOKEN_REUSED',
  'TOKEN_REVOKED',
  'USER_UNKNOWN',
  // requests to a service
  'BODY_TOO_LARGE',
  'CONFLICT',
  'IDEMPOTENCY_MISMATCH',
  'MEDIA_TYPE_UNSUPPORTED',
  'METHOD_NOT_ALLOWED',
  'NOT_FOUND',
  'ORIGIN_REFUSED',
  'RATE_LIMITED',
  'REQUEST_INVALID',
  'SERVICE_UNAVAILABLE',
  'STOCK_INSUFFICIENT',
  // the run
  'INSTALL_FAILED',
  'INTERRUPTED',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface AtrizErrorDetails {
  /** One thing to do, in the imperative. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Seconds after which the same may be tried again, where that is known. */
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * The one error that Atriz throws on purpose: a stable `code` to decide by, a message that states the fact with
 * the offending value and its place, and a hint that says what to do. Neither holds a password.
 */
export class AtrizError extends Error {
  override readonly name = 'AtrizError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, { hint, cause, retryAfterSeconds }: AtrizErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
