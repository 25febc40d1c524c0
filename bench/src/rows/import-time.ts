import type { ImportReport } from '../children/import-time.ts';
import { runChild } from '../node-child.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const CHILD = new URL('../children/import-time.ts', import.meta.url);

/** A fresh process for each import, both with one warm compile cache and then both without. */
export const importTime: Row = {
  name: 'import',
  title: 'import `@atriz/database` in a fresh process',
  unit: 'ms',
  comparisons: [
    { ours: '@atriz/database', peer: 'pg' },
    { ours: '@atriz/database, compile cache warm', peer: 'pg, compile cache warm' },
  ],
  run: async (environment) => {
    const cache = await environment.makeDirectory('compile_cache');
    const contestant = (specifier: string, variables: Record<string, string>) => async () =>
      (await runChild<ImportReport>(environment, CHILD, [specifier], { variables })).report.importMs;
    const cold = { NODE_DISABLE_COMPILE_CACHE: '1' };
    const warm = { NODE_COMPILE_CACHE: cache };
    return runRounds(
      {
        '@atriz/database': contestant('@atriz/database', cold),
        pg: contestant('pg', cold),
        '@atriz/database, compile cache warm': contestant('@atriz/database', warm),
        'pg, compile cache warm': contestant('pg', warm),
      },
      { rounds: 15, onFigure: environment.onFigure },
    );
  },
};
