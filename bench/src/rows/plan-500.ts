import { manyMigrations } from '../fixtures/many-migrations.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const DATABASE = 'bench_plan_500';
const PLAN = 'atriz migrate plan';
const STATUS = 'atriz status';

/** Every file is pending, so that each is read, parsed, looked at and printed: a whole process. */
export const plan500: Row = {
  name: 'plan-500',
  title: 'plan 500 pending migrations',
  unit: 'ms',
  comparisons: [
    { ours: PLAN, bar: { atMost: 1000 } },
    { ours: PLAN, peer: STATUS },
  ],
  run: async (environment) => {
    const { root } = await makeWorkspace(environment, DATABASE, manyMigrations(500));
    await environment.createDatabase(DATABASE);
    const atriz = environment.bin('atriz');
    const timed =
      (...command: readonly string[]) =>
      async (): Promise<number> =>
        (await environment.run([atriz, ...command], { directory: root })).durationMs;
    return runRounds({ [PLAN]: timed('migrate', 'plan'), [STATUS]: timed('status') }, environment);
  },
};
