import { databasesOf, copyFamily } from '../fixtures/family.ts';
import { findPnpm } from '../pnpm.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

/** What the task graph costs beside the one process that it starts four of. */
export const turbo: Row = {
  name: 'turbo',
  title: 'the same through Turbo',
  unit: 'ms',
  comparisons: [
    { ours: 'pnpm db:migrate', peer: 'atriz migrate' },
    { ours: 'turbo run db:migrate', peer: 'atriz migrate' },
  ],
  run: async (environment) => {
    const family = await copyFamily(environment, 'family_turbo');
    const pnpm = await findPnpm(environment);
    const options = { directory: family.root, variables: { PATH: pnpm.path, TURBO_TELEMETRY_DISABLED: '1' } };
    await environment.setAside(databasesOf(family));
    await environment.run([environment.bin('atriz'), 'create'], options);
    const command = (program: string, ...parameters: string[]) => {
      return async () => (await environment.run([program, ...parameters], options)).durationMs;
    };
    return runRounds(
      {
        'atriz migrate': command(environment.bin('atriz'), 'migrate'),
        'turbo run db:migrate': command(environment.bin('turbo'), 'run', 'db:migrate'),
        'pnpm db:migrate': command(pnpm.program, 'db:migrate'),
      },
      environment,
    );
  },
};
