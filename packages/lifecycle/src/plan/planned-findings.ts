import { AtrizError } from '@atriz/database';
import { lintMigrations } from '../lint/lint.ts';
import type { Migration } from '../migrations/migration-file.ts';
import { problemOf, type Problem } from '../status.ts';
import type { PlannedFinding } from './family-plan.ts';

/** What the linter says of migrations, by path. */
export interface PlannedFindings {
  readonly byPath: ReadonlyMap<string, readonly PlannedFinding[]>;
  /** What kept the linter from saying anything; the rest of the plan is true without it. */
  readonly problem: Problem | undefined;
}

/** Lints what is planned. `root` is the workspace's, where the rules are. */
export async function readFindings(migrations: readonly Migration[], root: string): Promise<PlannedFindings> {
  try {
    const byPath = new Map<string, PlannedFinding[]>();
    for (const { migration, place, level, rule, message, hint } of await lintMigrations(migrations, { root })) {
      const found = byPath.get(migration.path) ?? [];
      found.push({
        line: place.line,
        column: place.column,
        level,
        rule,
        message,
        ...(hint === undefined ? {} : { hint }),
      });
      byPath.set(migration.path, found);
    }
    return { byPath, problem: undefined };
  } catch (error) {
    if (!(error instanceof AtrizError)) throw error;
    return { byPath: new Map(), problem: problemOf(error) };
  }
}

/** In production `up` refuses what the linter calls an error, unless it is accepted: the problem that says so. */
export function refusalsFor(findings: readonly PlannedFinding[]): Problem[] {
  const errors = findings.filter(({ level }) => level === 'error').length;
  if (errors === 0) return [];
  return [
    {
      code: 'LINT_REFUSED',
      message: `this is production, and the linter finds ${errors === 1 ? 'an error' : `${errors} errors`} in what is pending`,
      hint: 'write it so that nobody waits or loses anything, or apply it as it is: atriz migrate --accept-lint',
    },
  ];
}
