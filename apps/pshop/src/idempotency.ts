import { createHash } from 'node:crypto';
import { AtrizError } from '@atriz/database';
import { createKysely, type Queryable } from '@atriz/database/kysely';
import type { DB } from './schema.ts';

/** What a client gives a request, so that the same one again is not carried out again. */
export interface RequestKey {
  /** As the client chose it; a user's own. */
  readonly key: string;
  /** {@link hashRequest} of what is asked for. */
  readonly requestHash: string;
}

/** The same for the same request: the route, and what it was given as the route's schema reads it. */
export function hashRequest(route: string, given: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([route, given]))
    .digest('hex');
}

/**
 * Writes a key down together with the id of what is about to be made, in the transaction that makes it. False when the
 * key was used before; another transaction that is at it right now is waited for.
 */
export async function claimKey(
  client: Queryable,
  { userId, requestKey, madeId }: { readonly userId: string; readonly requestKey: RequestKey; readonly madeId: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await createKysely<DB>(client)
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key: requestKey.key, request_hash: requestKey.requestHash, made_id: madeId })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/**
 * The id of what the request made when it came before. Rejects with `IDEMPOTENCY_MISMATCH` when it was another request
 * that used this key.
 */
export async function findMade(client: Queryable, { key, requestHash }: RequestKey): Promise<string> {
  const made = await createKysely<DB>(client)
    .selectFrom('idempotency_keys')
    .select(['made_id', 'request_hash'])
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  if (made.request_hash === requestHash) return made.made_id;
  throw new AtrizError('IDEMPOTENCY_MISMATCH', 'this Idempotency-Key was used for another request', {
    hint: 'choose a new key for a new request',
  });
}
