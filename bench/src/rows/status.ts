import { databasesOf, copyFamily } from '../fixtures/family.ts';
import { makeDbmateFamily } from '../fixtures/dbmate-family.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const OURS = 'atriz status';
const NPM = 'dbmate status ×4 (npm)';
const BINARY = 'dbmate status ×4 (bare Go binary)';

/** What a person asks first, of migrated databases: whole processes. */
export const status: Row = {
  name: 'status',
  title: '`status` of the family of four',
  unit: 'ms',
  comparisons: [
    { ours: OURS, peer: NPM, bar: { atMost: 1 } },
    { ours: OURS, peer: BINARY },
  ],
  run: async (environment) => {
    const family = await copyFamily(environment, 'family_status');
    const dbmate = await makeDbmateFamily(environment, family);
    const atriz = environment.bin('atriz');
    await environment.setAside(databasesOf(family));
    for (const command of ['create', 'migrate']) await environment.run([atriz, command], { directory: family.root });
    await dbmate.run('migrate', 'npm');
    return runRounds(
      {
        [OURS]: async () => (await environment.run([atriz, 'status'], { directory: family.root })).durationMs,
        [NPM]: () => dbmate.run('status', 'npm'),
        [BINARY]: () => dbmate.run('status', 'binary'),
      },
      { rounds: 11, onFigure: environment.onFigure },
    );
  },
};
