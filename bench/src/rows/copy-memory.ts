import type { CopyReport } from '../children/copy-rows.ts';
import { CREATE_TABLE } from '../fixtures/positions.ts';
import { runChild } from '../node-child.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const DATABASE = 'bench_copy_memory';
const CHILD = new URL('../children/copy-rows.ts', import.meta.url);

/** The most memory that the loading process ever holds: it must not know how many rows there are. */
export const copyMemory: Row = {
  name: 'copy-memory',
  title: 'memory of `copyRows` as rows grow, peak of the process',
  unit: 'MiB',
  comparisons: [
    { ours: '1,000,000 rows', peer: '100,000 rows', bar: { atMost: 1.1 } },
    { ours: '2,000,000 rows', peer: '100,000 rows', bar: { atMost: 1.1 } },
  ],
  run: async (environment) => {
    await environment.createDatabase(DATABASE);
    await environment.query(DATABASE, CREATE_TABLE);
    const contestant = (count: number) => async () => {
      await environment.query(DATABASE, 'TRUNCATE tracking_data');
      const { report } = await runChild<CopyReport>(environment, CHILD, [DATABASE, String(count)]);
      return report.peakMiB;
    };
    const samples = await runRounds(
      {
        '100,000 rows': contestant(100_000),
        '1,000,000 rows': contestant(1_000_000),
        '2,000,000 rows': contestant(2_000_000),
      },
      environment,
    );
    await environment.dropDatabases([DATABASE]);
    return samples;
  },
};
