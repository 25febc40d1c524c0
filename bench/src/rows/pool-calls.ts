import type { PoolReport } from '../children/pool-calls.ts';
import { runChild } from '../node-child.ts';
import type { Row } from '../row.ts';

const CHILD = new URL('../children/pool-calls.ts', import.meta.url);
const ROUNDS = 5;

/** 50,000 transactions of one statement each, ten at a time. */
export const transactions = row('transaction', 50_000, {
  title: '50,000 `withTransaction` at pool size 10, calls a second',
  ours: 'withTransaction',
  bare: 'BEGIN, query, COMMIT on pg.Pool',
});

/** 200,000 single statements, ten at a time. */
export const queries = row('query', 200_000, {
  title: '200,000 `query` at pool size 10, calls a second',
  ours: 'db.query',
  bare: 'pg.Pool.query',
});

/**
 * Ours and bare pg take turns within one process, each pair of runs in a process of its own: the difference that is
 * looked for is smaller than what one process and the next differ by.
 */
function row(name: string, count: number, labels: { title: string; ours: string; bare: string }): Row {
  return {
    name,
    title: labels.title,
    unit: '/s',
    comparisons: [{ ours: labels.ours, peer: labels.bare, bar: { atLeast: 0.97 } }],
    run: async (environment) => {
      const samples: Record<string, number[]> = { [labels.ours]: [], [labels.bare]: [] };
      for (let round = 1; round <= ROUNDS; round += 1) {
        const { report } = await runChild<PoolReport>(environment, CHILD, [name, String(count)], {
          variables: { PGDATABASE: 'postgres' },
        });
        for (const which of ['ours', 'bare'] as const) {
          environment.onFigure(labels[which], round, report[which]);
          samples[labels[which]]!.push(report[which]);
        }
      }
      return samples;
    },
  };
}
