import type { DatabasePool } from '@atriz/database';
import { setTimeout as wait } from 'node:timers/promises';
import { SILENT, type AuthLogger } from '../logger.ts';
import { createRevocationList } from './revocation-list.ts';
import { watchRevocations } from './revocation-watch.ts';
import type { RevokedTokens } from './verifier.ts';

export interface FollowRevocationsOptions {
  /**
   * Of the shared database. One connection of it is kept for as long as this goes on, so give it one of its own
   * (`max: 1`). Through a pooler in transaction mode no notification comes: what is missed is found by polling.
   */
  readonly pool: DatabasePool;
  /** How often the table is read in case a notification was missed. Default 10,000. */
  readonly pollMs?: number;
  /** How long to wait for the first reading. Default 5,000. */
  readonly startMs?: number;
  readonly logger?: AuthLogger;
  readonly clock?: () => Date;
}

/** What a health route tells of the revocations. */
export interface RevocationsState {
  /** Whether the shared database is listened to now. While it is not, a revoked token may be good until it expires. */
  readonly following: boolean;
  /** When the table was last read; undefined before the first time. */
  readonly readAt: Date | undefined;
}

export interface FollowedRevocations extends RevokedTokens, AsyncDisposable {
  state(): RevocationsState;
}

const SHORTEST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;

/**
 * Knows which access tokens were revoked: at once where notifications come through, within `pollMs` where they do not,
 * and while the shared database cannot be reached as well as it did before; then the fifteen minutes that a token lives
 * are the bound. A lost connection is made again, for ever, ever less often.
 *
 * Resolves when the table was read, or could not be: an application starts without the shared database. Rejects never.
 * Dispose of it before the pool.
 */
export async function followRevocations({
  pool,
  pollMs = 10_000,
  startMs = 5000,
  logger = SILENT,
  clock = () => new Date(),
}: FollowRevocationsOptions): Promise<FollowedRevocations> {
  const list = createRevocationList();
  const ending = new AbortController();
  const started = Promise.withResolvers<void>();
  let failures = 0;
  let state: RevocationsState = { following: false, readAt: undefined };

  const onRead: Parameters<typeof watchRevocations>[0]['onRead'] = (revocations) => {
    const readAt = clock();
    list.add(revocations, readAt);
    list.forget(readAt);
    if (failures > 0) logger.info({}, 'revocations are followed again');
    failures = 0;
    state = { following: true, readAt };
    started.resolve();
  };
  const onLost = (error: unknown): void => {
    if (failures === 0) logger.warn({ err: error }, 'revocations cannot be followed; those known still count');
    failures += 1;
    state = { ...state, following: false };
    started.resolve();
  };

  const follow = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await watchRevocations({ pool, pollMs, signal: ending.signal, onRead });
      } catch (error) {
        if (ending.signal.aborted) return;
        onLost(error);
        await wait(delayAfter(failures), undefined, { signal: ending.signal }).catch(ignore);
      }
    }
  };

  const following = follow();
  await Promise.race([started.promise, wait(startMs, undefined, { signal: ending.signal, ref: false }).catch(ignore)]);
  return {
    isRevoked: (token) => list.isRevoked(token),
    state: () => state,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await following;
      state = { ...state, following: false };
    },
  };
}

/** Milliseconds: doubled with each failure, and not the same for all who lost the same server. */
function delayAfter(failures: number): number {
  const most = Math.min(LONGEST_DELAY_MS, SHORTEST_DELAY_MS * 2 ** (failures - 1));
  return most * (0.5 + Math.random() / 2);
}

function ignore(): void {}
