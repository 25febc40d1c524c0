import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError, sqlState } from '@atriz/database';

const TOO_MANY_CONNECTIONS = '53300';
const FIRST_PAUSE_MS = 50;
const TRIES = 8;

/**
 * Runs `work`, and runs it again where the server had no connection left for it: with eight instances at a time among
 * the sessions of others, that passes. It waits a little longer each time, some ten seconds in all.
 */
export async function withPatience<Result>(
  work: () => Promise<Result>,
  {
    signal,
    firstPauseMs = FIRST_PAUSE_MS,
  }: { readonly signal?: AbortSignal | undefined; readonly firstPauseMs?: number },
): Promise<Result> {
  for (let attempt = 1, pauseMs = firstPauseMs; ; attempt += 1, pauseMs *= 2) {
    try {
      return await work();
    } catch (error) {
      if (!isCrowded(error) || attempt === TRIES || signal?.aborted) throw error;
      await wait(pauseMs * (0.5 + Math.random()), undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  }
}

function isCrowded(error: unknown): boolean {
  return (
    error instanceof AtrizError && error.code === 'CONNECTION_FAILED' && sqlState(error.cause) === TOO_MANY_CONNECTIONS
  );
}
