import type { DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { sql } from 'kysely';
import type { DB } from './schema.ts';

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
  const { id } = await createKysely<DB>(db)
    .insertInto('contact_messages')
    .values({ user_id: userId, name, email, subject, body })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** The messages that nobody has dealt with, oldest first. */
export async function readWaitingMessages(db: Pick<DatabasePool, 'query'>): Promise<WaitingMessage[]> {
  return createKysely<DB>(db)
    .selectFrom('contact_messages')
    .select(['id', 'name', 'email', 'subject', 'body', 'created_at as createdAt'])
    .where('handled_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** Marks a message as dealt with. False when there is no such message, or somebody was quicker. */
export async function handleMessage(
  db: Pick<DatabasePool, 'query'>,
  { messageId, handledBy }: { readonly messageId: string; readonly handledBy: string },
): Promise<boolean> {
  const { numUpdatedRows } = await createKysely<DB>(db)
    .updateTable('contact_messages')
    .set({ handled_at: sql`now()`, handled_by: handledBy })
    .where('id', '=', messageId)
    .where('handled_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}
