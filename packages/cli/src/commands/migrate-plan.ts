import { planFamily, type FamilyPlan } from '@atriz/lifecycle/plan';
import { relative } from 'node:path';
import { EXIT, exitCodeOf } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { describePlan } from '../output/plan-text.ts';
import type { UpOptions } from './migrate.ts';

/** Shows what `migrate up` would do. The exit code tells whether it would be refused; pending migrations are no fault. */
export async function plan(invocation: Invocation, { count, allowOutOfOrder }: UpOptions): Promise<number> {
  const { family, databases, options, reporter, surroundings } = invocation;
  const found = await planFamily(databases, {
    family: family.databases,
    root: family.root,
    open: (database) => invocation.open(database),
    contextFor: (database) => invocation.contextFor(database),
    count,
    allowOutOfOrder,
  });
  const shown = withRelativePaths(found, surroundings.directory);
  if (options.json) reporter.json(shown);
  else for (const line of describePlan(reporter.stdout, shown)) reporter.line(line);
  const [problem] = found.databases.flatMap(({ problems }) => problems);
  return problem ? exitCodeOf(problem.code) : EXIT.done;
}

function withRelativePaths({ databases, migrations }: FamilyPlan, directory: string): FamilyPlan {
  return {
    databases,
    migrations: migrations.map((each) => Object.assign(each, { path: relative(directory, each.path) })),
  };
}
