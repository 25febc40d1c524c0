import { refuseUnrunnable } from '../migrations/check-migration.ts';
import type { Migration } from '../migrations/migration-file.ts';
import { toProblem, type Problem } from '../status.ts';
import type { PlannedMigration, PlannedStatement } from './family-plan.ts';
import { readFindings } from './planned-findings.ts';
import { judgeRequirements, type Surroundings } from './planned-requirements.ts';
import { readPlannedStatements } from './planned-statements.ts';

/** A migration of the plan. */
export interface Described {
  readonly planned: PlannedMigration;
  /** What `up` would refuse the migration for. */
  readonly problems: readonly Problem[];
}

/** Says of each migration what it would run, and what the linter, which works meanwhile, says of that. */
export async function describeMigrations(surroundings: Surroundings, root: string): Promise<Described[]> {
  const { places, states } = surroundings;
  const migrations = places.map(({ database, node }) =>
    states.get(database)!.pending.find(({ name }) => name === node.name)!,
  );
  const linting = readFindings(migrations, root);
  const statements = await Promise.all(migrations.map(readStatementsOf));
  const { byPath, problem } = await linting;
  return places.map(({ number, database, node, after }, index): Described => {
    const { name, path, directives } = migrations[index]!;
    const planned = {
      number,
      database,
      name,
      path,
      after,
      transaction: !directives.noTransaction,
      lockTimeoutMs: directives.lockTimeoutMs,
      requires: judgeRequirements(node, surroundings),
      statements: statements[index]!.statements,
      findings: byPath.get(path) ?? [],
    };
    const isFirst = places.findIndex((each) => each.database === database) === index;
    return { planned, problems: [...statements[index]!.problems, ...(problem && isFirst ? [problem] : [])] };
  });
}

async function readStatementsOf(
  migration: Migration,
): Promise<{ readonly statements: readonly PlannedStatement[]; readonly problems: readonly Problem[] }> {
  try {
    await refuseUnrunnable(migration, 'up');
    return { statements: await readPlannedStatements(migration), problems: [] };
  } catch (error) {
    return { statements: [], problems: [toProblem(error)] };
  }
}
