import { AtrizError } from '@atriz/database';

/** What to throw when work failed: that it was interrupted, where it was, and else its own error. */
export function orInterrupted(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted !== true) return error;
  return new AtrizError('INTERRUPTED', 'interrupted; the restored data was removed', {
    hint: 'run the command again',
    cause: error,
  });
}
