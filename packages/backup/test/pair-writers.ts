import { withSession, type Target } from '@atriz/lifecycle';
import type pg from 'pg';

/** Sessions that write all the time. */
export interface PairWriters {
  /** Ends them. How many chains were committed in all databases, and about how many a second. */
  stop(): Promise<{ readonly written: number; readonly perSecond: number }>;
}

/**
 * Writes the same number into table `numbers` of each database in turn, each by a transaction of its own, one after the
 * other: whoever sees a number in one of them has to see it in those before.
 */
export function startPairWriters(targets: readonly Target[], writers: number): PairWriters {
  const stopping = new AbortController();
  const begun = performance.now();
  let [last, written] = [0, 0];
  const write = async (clients: readonly pg.Client[]): Promise<void> => {
    while (!stopping.signal.aborted) {
      last += 1;
      const id = last;
      for (const client of clients)
        await client.query({ name: 'write', text: 'INSERT INTO numbers VALUES ($1)', values: [id] });
      written += 1;
      if (written % 1000 === 0) await forget(clients, id - 500);
    }
  };
  const working = Promise.all(Array.from({ length: writers }, () => withSessions(targets, write)));
  working.catch(() => undefined); // told by `stop`
  return {
    async stop() {
      stopping.abort();
      await working;
      return { written, perSecond: Math.round((written * 1000) / (performance.now() - begun)) };
    },
  };
}

/** Keeps the tables short, in the other direction: what is gone from one is gone from those behind it. */
async function forget(clients: readonly pg.Client[], before: number): Promise<void> {
  for (const client of clients.toReversed()) {
    await client.query('DELETE FROM numbers WHERE id >= 0 AND id < $1', [before]);
  }
}

function withSessions(
  [target, ...rest]: readonly Target[],
  work: (clients: readonly pg.Client[]) => Promise<void>,
): Promise<void> {
  if (target === undefined) return work([]);
  return withSession(target.parameters, {}, (client) => withSessions(rest, (clients) => work([client, ...clients])));
}
