import { databasesOf, copyFamily } from '../fixtures/family.ts';
import { makeDbmateFamily } from '../fixtures/dbmate-family.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

/** The command that runs before every start and deployment, most often for nothing: whole processes. */
export const nothingToDo: Row = {
  name: 'nothing-to-do',
  title: '`migrate` with nothing to do, family of four',
  unit: 'ms',
  comparisons: [
    { ours: 'atriz migrate', peer: 'dbmate migrate ×4 (npm)', bar: { atMost: 1 } },
    { ours: 'atriz migrate', peer: 'dbmate migrate ×4 (bare Go binary)' },
  ],
  run: async (environment) => {
    const family = await copyFamily(environment, 'family_nothing_to_do');
    const dbmate = await makeDbmateFamily(environment, family);
    const atriz = environment.bin('atriz');
    await environment.setAside(databasesOf(family));
    await environment.run([atriz, 'create'], { directory: family.root });
    return runRounds(
      {
        'atriz migrate': async () => (await environment.run([atriz, 'migrate'], { directory: family.root })).durationMs,
        'dbmate migrate ×4 (npm)': () => dbmate.run('migrate', 'npm'),
        'dbmate migrate ×4 (bare Go binary)': () => dbmate.run('migrate', 'binary'),
      },
      { rounds: 11, onFigure: environment.onFigure },
    );
  },
};
