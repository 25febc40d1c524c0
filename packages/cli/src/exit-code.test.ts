import { AtrizError, ERROR_CODES } from '@atriz/database';
import { expect, test } from 'vitest';
import { exitCodeOf, exitCodeOfError } from './exit-code.ts';

test('each kind of error has its exit code: usage 2, refused 3, no server 4, interrupted 130, the rest 1', () => {
  const byCode = Object.groupBy(ERROR_CODES, (code) => String(exitCodeOf(code)));

  expect(byCode['2']?.toSorted()).toEqual([
    'ARGUMENT_INVALID',
    'BACKUP_UNKNOWN',
    'DATABASE_UNKNOWN',
    'INSTANCE_UNKNOWN',
    'MIGRATION_UNKNOWN',
    'WORKSPACE_NOT_FOUND',
  ]);
  expect(byCode['3']?.toSorted()).toEqual([
    'AUDIT_BROKEN',
    'BACKUP_CORRUPT',
    'BACKUP_FILE_MISSING',
    'BACKUP_FOREIGN',
    'BACKUP_KEY_MISSING',
    'BACKUP_KEY_WRONG',
    'BACKUP_REQUIRED',
    'BACKUP_UNPROVEN',
    'BACKUP_UNTRUSTED',
    'BACKUP_VERSION',
    'CONFIRMATION_REQUIRED',
    'DESTRUCTIVE_REFUSED',
    'HISTORY_NOT_EMPTY',
    'IDENTITY_MISMATCH',
    'LINT_REFUSED',
    'MIGRATION_EDITED',
    'MIGRATION_MISSING',
    'MIGRATION_OUT_OF_ORDER',
    'MIGRATION_UNFINISHED',
    'POOLER_IN_THE_WAY',
    'REFERENCE_ORPHANED',
    'REFERENCE_RESTRICTED',
    'REPLAY_REFUSED',
    'REQUIREMENT_MISSING',
    'RESTORE_BLOCKED',
    'ROLES_DRIFTED',
    'SEED_REFUSED',
    'SQUASH_PARTIAL',
    'SQUASH_REFUSED',
    'TYPES_STALE',
  ]);
  expect(byCode['4']?.toSorted()).toEqual([
    'BACKUP_STORE_FAILED',
    'DISK_FULL',
    'EMBEDDED_DATA_VERSION',
    'EMBEDDED_FAILED',
    'EMBEDDED_NOT_RUNNING',
    'EMBEDDED_NO_USER',
    'EMBEDDED_UNSUPPORTED',
    'PORT_TAKEN',
    'RESTORE_NO_ROOM',
    'SERVER_UNREACHABLE',
  ]);
  expect(byCode['130']).toEqual(['INTERRUPTED']);
  expect(Object.keys(byCode).toSorted()).toEqual(['1', '130', '2', '3', '4']);
});

test('an error that nobody threw on purpose is a failure', () => {
  expect(exitCodeOfError(new AtrizError('PORT_TAKEN', 'x'))).toBe(4);
  expect(exitCodeOfError(new TypeError('x'))).toBe(1);
  expect(exitCodeOfError(undefined)).toBe(1);
});
