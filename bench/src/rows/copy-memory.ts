import type { CopyReport } from '../children/copy-rows.ts';
import { CREATE_TABLE } from '../fixtures/positions.ts';
import { runChild } from '../node-child.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const DATABASE = 'bench_copy_memory';
const CHILD = new URL('../children/copy-rows.ts', import.meta.url);

/** Little more than the live data: whatever were kept of the rows would not fit. V8 by itself takes more and waits. */
const SMALL_HEAP = ['--max-old-space-size=32', '--max-semi-space-size=2'];
const SIZES = { '100,000 rows': 100_000, '1,000,000 rows': 1_000_000, '2,000,000 rows': 2_000_000 };

/** The most memory that the loading process ever held, which must not grow with the rows. */
export const copyMemory: Row = {
  name: 'copy-memory',
  title: 'memory of `copyRows` as rows grow, peak of the process',
  unit: 'MiB',
  comparisons: [
    { ours: '1,000,000 rows, heap of 32 MiB', peer: '100,000 rows, heap of 32 MiB', bar: { atMost: 1.15 } },
    { ours: '2,000,000 rows, heap of 32 MiB', peer: '1,000,000 rows, heap of 32 MiB', bar: { atMost: 1.05 } },
    { ours: '1,000,000 rows', peer: '100,000 rows' },
    { ours: '2,000,000 rows', peer: '100,000 rows' },
  ],
  run: async (environment) => {
    await environment.createDatabase(DATABASE);
    await environment.query(DATABASE, CREATE_TABLE);
    const contestant = (count: number, nodeFlags: readonly string[]) => async () => {
      await environment.query(DATABASE, 'TRUNCATE tracking_data');
      const { report } = await runChild<CopyReport>(environment, CHILD, [DATABASE, String(count)], { nodeFlags });
      return report.peakMiB;
    };
    const contestants = Object.entries(SIZES).flatMap(([name, count]) => [
      [`${name}, heap of 32 MiB`, contestant(count, SMALL_HEAP)] as const,
      [name, contestant(count, [])] as const,
    ]);
    return runRounds(Object.fromEntries(contestants), { ...environment, rounds: 3 });
  },
};
