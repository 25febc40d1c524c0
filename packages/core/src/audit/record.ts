import type { DatabasePool } from '@atriz/database';
import type { RecordedAction } from './action.ts';

/** Something that happened and changed no audited row. */
export interface AuditEvent {
  readonly action: RecordedAction;
  /** Whom it is about. */
  readonly userId: string;
  /** What else is worth knowing, such as the session's id. Never a token, a hash, a name or an address. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * Adds an event to the audit log, in the caller's transaction: what is rolled back did not happen. Who did it is the
 * user that the transaction is set to, `atriz.user_id`.
 *
 * To be called last in a transaction: it waits for others that have written to the log, and keeps others waiting until
 * this transaction ends. In a REPEATABLE READ or SERIALIZABLE one it can fail with 40001, as any change of a row can.
 */
export async function recordAudit(
  client: Pick<DatabasePool, 'query'>,
  { action, userId, details = {} }: AuditEvent,
): Promise<void> {
  await client.query('SELECT record_audit($1, $2, $3)', [action, userId, JSON.stringify(details)]);
}
