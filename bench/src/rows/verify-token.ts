import type { VerifyReport } from '../children/verify-token.ts';
import { copyFamily, databasesOf } from '../fixtures/family.ts';
import { runChild } from '../node-child.ts';
import type { Row } from '../row.ts';

const CHILD = new URL('../children/verify-token.ts', import.meta.url);
const ROUNDS = 5;
const OURS = 'verify (call)';
const PEER = 'one look-up of session, user and roles (call)';

/** What an application does at each request to know who asks, with a thousand people at work. */
export const verifyToken: Row = {
  name: 'verify-token',
  title: 'who asks, ten requests at once, checks a second',
  unit: '/s',
  comparisons: [{ ours: OURS, peer: PEER, bar: { atLeast: 20 } }],
  run: async (environment) => {
    const family = await copyFamily(environment, 'family_verify');
    await environment.setAside(databasesOf(family));
    const [core] = family.members;
    const samples: Record<string, number[]> = { [OURS]: [], [PEER]: [] };
    for (let round = 1; round <= ROUNDS; round += 1) {
      await environment.setAside(['atriz_shared']);
      const directory = core!.directory;
      for (const command of ['create', 'migrate', 'seed']) {
        await environment.run([environment.bin('atriz'), command], { directory });
      }
      const { report } = await runChild<VerifyReport>(environment, CHILD, [], {
        variables: { PGDATABASE: 'atriz_shared' },
      });
      for (const [name, figure] of [
        [OURS, report.token],
        [PEER, report.lookup],
      ] as const) {
        environment.onFigure(name, round, figure);
        samples[name]!.push(figure);
      }
    }
    return samples;
  },
};
