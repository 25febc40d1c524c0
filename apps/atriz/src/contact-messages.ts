import type { DatabasePool } from '@atriz/database';

export interface NewContactMessage {
  /** A `users.id` of atriz_shared, when the writer is signed in. */
  readonly userId?: string;
  readonly name: string;
  readonly email: string;
  readonly subject: string;
  readonly body: string;
}

export interface WaitingMessage {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly subject: string;
  readonly body: string;
  readonly createdAt: Date;
}

/** Keeps a message, and resolves to its id. Rejects (23514) when a field is empty, too long, or no address. */
export async function leaveMessage(
  db: Pick<DatabasePool, 'query'>,
  { userId, name, email, subject, body }: NewContactMessage,
): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    'INSERT INTO contact_messages (user_id, name, email, subject, body) VALUES ($1, $2, $3, $4, $5) RETURNING id',
    [userId, name, email, subject, body],
  );
  return rows[0]!.id;
}

/** The messages that nobody has dealt with, oldest first. */
export async function readWaitingMessages(db: Pick<DatabasePool, 'query'>): Promise<WaitingMessage[]> {
  const { rows } = await db.query<WaitingMessage>(
    `SELECT id, name, email, subject, body, created_at AS "createdAt"
     FROM contact_messages
     WHERE handled_at IS NULL
     ORDER BY created_at, id`,
  );
  return rows;
}

/** Marks a message as dealt with. False when there is no such message, or somebody was quicker. */
export async function handleMessage(
  db: Pick<DatabasePool, 'query'>,
  { messageId, handledBy }: { readonly messageId: string; readonly handledBy: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'UPDATE contact_messages SET handled_at = now(), handled_by = $2 WHERE id = $1 AND handled_at IS NULL',
    [messageId, handledBy],
  );
  return rowCount === 1;
}
