import { join } from 'node:path';
import type { CopyReport } from '../children/copy-rows.ts';
import { COLUMNS, CREATE_TABLE, writePositions } from '../fixtures/positions.ts';
import { runChild } from '../node-child.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const DATABASE = 'bench_copy';
const ROWS = 1_000_000;
const CHILD = new URL('../children/copy-rows.ts', import.meta.url);

/** Ours makes the values and formats them while it sends; psql sends a file that holds them as text already. */
export const copyRows: Row = {
  name: 'copy-rows',
  title: 'COPY 1,000,000 rows of tracking data, rows a second',
  unit: '/s',
  comparisons: [
    { ours: 'copyRows (the call)', peer: String.raw`psql \copy (process)`, bar: { atLeast: 0.9 } },
    { ours: 'copyRows (process)', peer: String.raw`psql \copy (process)` },
  ],
  run: async (environment) => {
    const { run, programs, onFigure, createDatabase, query } = environment;
    const file = join(await environment.makeDirectory(DATABASE), 'positions.txt');
    await writePositions(file, ROWS);
    await createDatabase(DATABASE);
    await query(DATABASE, CREATE_TABLE);
    const empty = () => query(DATABASE, 'TRUNCATE tracking_data', 'CHECKPOINT');
    const rate = (ms: number): number => (ROWS / ms) * 1000;
    const calls: number[] = [];
    const copy = `\\copy tracking_data (${COLUMNS.join(', ')}) FROM '${file}'`;
    const samples = await runRounds(
      {
        'copyRows (process)': async () => {
          await empty();
          const { report, durationMs } = await runChild<CopyReport>(environment, CHILD, [DATABASE, String(ROWS)]);
          calls.push(rate(report.callMs));
          return rate(durationMs);
        },
        [String.raw`psql \copy (process)`]: async () => {
          await empty();
          return rate(
            (await run([programs.psql, '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', DATABASE, '-c', copy])).durationMs,
          );
        },
      },
      { onFigure },
    );
    return { 'copyRows (the call)': calls.slice(1), ...samples };
  },
};
