import { hash } from 'node:crypto';

/** A row of an audit log, as text; what is null is empty. */
export interface Entry {
  /** Its place in the chain. */
  readonly id: string;
  /** In UTC, such as `2026-11-21T09:30:00.123456Z`. */
  readonly occurredAt: string;
  readonly action: string;
  readonly actorId: string;
  readonly userId: string;
  /** As PostgreSQL writes jsonb. */
  readonly details: string;
  /** 64 hex digits, as is `hash`. */
  readonly previousHash: string;
  readonly hash: string;
}

/** What stands before the first row of all. */
export const NO_HASH = '0'.repeat(64);

/** The hash that the row must have. The text is unambiguous: no field before the last one can hold a line feed. */
export function hashOf({ id, occurredAt, action, actorId, userId, previousHash, details }: Entry): string {
  return hash('sha256', [id, occurredAt, action, actorId, userId, previousHash, details].join('\n'), 'hex');
}
