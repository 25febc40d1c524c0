import { randomUUID } from 'node:crypto';
import type { Identity } from '@atriz/core';
import { withUser, type DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { sql } from 'kysely';
import type { DB } from './schema.ts';

export interface NewContactMessage {
  readonly name: string;
  readonly email: string;
  readonly subject: string;
  readonly body: string;
}

export interface ContactMessage extends NewContactMessage {
  readonly id: string;
  /** A `users.id` of atriz_shared; null when the writer was not signed in. */
  readonly userId: string | null;
  readonly createdAt: Date;
  /** When somebody dealt with it; null while it waits. */
  readonly handledAt: Date | null;
  readonly handledBy: string | null;
}

/** Who reads: a user sees what he wrote, managers and admins see everything. */
type Reader = Pick<Identity, 'userId' | 'roles'>;

const COLUMNS = [
  'id',
  'user_id as userId',
  'name',
  'email',
  'subject',
  'body',
  'created_at as createdAt',
  'handled_at as handledAt',
  'handled_by as handledBy',
] as const;

/**
 * Keeps a message, and resolves to its id; `userId` is the writer's where he is signed in. Rejects (23514) when a field
 * is empty, too long, or no address.
 */
export async function leaveMessage(
  db: DatabasePool,
  { userId, ...message }: NewContactMessage & { readonly userId?: string | undefined },
): Promise<string> {
  // The id is made here: who is not signed in may not read what he wrote, RETURNING neither.
  const values = { id: randomUUID(), user_id: userId, ...message };
  const insert = async (client: Pick<DatabasePool, 'query'>): Promise<unknown> =>
    createKysely<DB>(client).insertInto('contact_messages').values(values).execute();
  await (userId === undefined ? insert(db) : withUser(db.pool, userId, insert));
  return values.id;
}

export interface MessageList {
  /** True for those that wait, false for those dealt with. Default: both. */
  readonly waiting?: boolean | undefined;
  readonly limit: number;
  /** The id of the last message of the page before. */
  readonly after?: string | undefined;
}

/** The messages that the reader may see, oldest first: up to `limit` and, where there are more, one. */
export async function listMessages(
  { pool }: Pick<DatabasePool, 'pool'>,
  { userId, roles }: Reader,
  { waiting, limit, after }: MessageList,
): Promise<ContactMessage[]> {
  return withUser(
    pool,
    userId,
    (client) => {
      const db = createKysely<DB>(client);
      let query = db.selectFrom('contact_messages').select(COLUMNS);
      if (waiting !== undefined) query = query.where('handled_at', waiting ? 'is' : 'is not', null);
      if (after !== undefined) {
        const last = db.selectFrom('contact_messages').select(['created_at', 'id']).where('id', '=', after);
        query = query.where(({ eb, refTuple }) =>
          eb(refTuple('created_at', 'id'), '>', last.$asTuple('created_at', 'id')),
        );
      }
      return query
        .orderBy('created_at')
        .orderBy('id')
        .limit(limit + 1)
        .execute();
    },
    { roles, readOnly: true },
  );
}

/** One message; undefined when there is none, or the reader may not see it. */
export async function findMessage(
  { pool }: Pick<DatabasePool, 'pool'>,
  { userId, roles }: Reader,
  messageId: string,
): Promise<ContactMessage | undefined> {
  return withUser(
    pool,
    userId,
    (client) =>
      createKysely<DB>(client)
        .selectFrom('contact_messages')
        .select(COLUMNS)
        .where('id', '=', messageId)
        .executeTakeFirst(),
    { roles, readOnly: true },
  );
}

/** Marks a message as dealt with by a manager or an admin. Undefined when there is none, or somebody was quicker. */
export async function handleMessage(
  { pool }: Pick<DatabasePool, 'pool'>,
  { userId, roles }: Reader,
  messageId: string,
): Promise<ContactMessage | undefined> {
  return withUser(
    pool,
    userId,
    (client) =>
      createKysely<DB>(client)
        .updateTable('contact_messages')
        .set({ handled_at: sql`now()`, handled_by: userId })
        .where('id', '=', messageId)
        .where('handled_at', 'is', null)
        .returning(COLUMNS)
        .executeTakeFirst(),
    { roles },
  );
}
