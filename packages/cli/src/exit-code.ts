import { AtrizError, type ErrorCode } from '@atriz/database';

/** What a process that runs `atriz` can decide by; see docs/commands.md. */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, unreachable: 4, interrupted: 130 } as const;

const BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  ARGUMENT_INVALID: EXIT.usage,
  DATABASE_UNKNOWN: EXIT.usage,
  INSTANCE_UNKNOWN: EXIT.usage,
  WORKSPACE_NOT_FOUND: EXIT.usage,
  BACKUP_REQUIRED: EXIT.refused,
  CONFIRMATION_REQUIRED: EXIT.refused,
  DESTRUCTIVE_REFUSED: EXIT.refused,
  HISTORY_NOT_EMPTY: EXIT.refused,
  IDENTITY_MISMATCH: EXIT.refused,
  MIGRATION_EDITED: EXIT.refused,
  LINT_REFUSED: EXIT.refused,
  MIGRATION_MISSING: EXIT.refused,
  MIGRATION_OUT_OF_ORDER: EXIT.refused,
  MIGRATION_UNFINISHED: EXIT.refused,
  MIGRATION_UNKNOWN: EXIT.usage,
  POOLER_IN_THE_WAY: EXIT.refused,
  SEED_REFUSED: EXIT.refused,
  REQUIREMENT_MISSING: EXIT.refused,
  TYPES_STALE: EXIT.refused,
  REPLAY_REFUSED: EXIT.refused,
  SQUASH_PARTIAL: EXIT.refused,
  SQUASH_REFUSED: EXIT.refused,
  AUDIT_BROKEN: EXIT.refused,
  ROLES_DRIFTED: EXIT.refused,
  REFERENCE_ORPHANED: EXIT.refused,
  REFERENCE_RESTRICTED: EXIT.refused,
  SERVER_UNREACHABLE: EXIT.unreachable,
  EMBEDDED_DATA_VERSION: EXIT.unreachable,
  EMBEDDED_FAILED: EXIT.unreachable,
  EMBEDDED_NOT_RUNNING: EXIT.unreachable,
  EMBEDDED_NO_USER: EXIT.unreachable,
  EMBEDDED_UNSUPPORTED: EXIT.unreachable,
  PORT_TAKEN: EXIT.unreachable,
  DISK_FULL: EXIT.unreachable,
  BACKUP_CORRUPT: EXIT.refused,
  BACKUP_FILE_MISSING: EXIT.refused,
  BACKUP_FOREIGN: EXIT.refused,
  BACKUP_KEY_MISSING: EXIT.refused,
  BACKUP_KEY_WRONG: EXIT.refused,
  BACKUP_STORE_FAILED: EXIT.unreachable,
  BACKUP_UNKNOWN: EXIT.usage,
  BACKUP_UNPROVEN: EXIT.refused,
  BACKUP_UNTRUSTED: EXIT.refused,
  BACKUP_VERSION: EXIT.refused,
  RESTORE_BLOCKED: EXIT.refused,
  RESTORE_NO_ROOM: EXIT.unreachable,
  INTERRUPTED: EXIT.interrupted,
};

export function exitCodeOf(code: ErrorCode): number {
  return BY_CODE[code] ?? EXIT.failed;
}

export function exitCodeOfError(error: unknown): number {
  return error instanceof AtrizError ? exitCodeOf(error.code) : EXIT.failed;
}
