import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import type { Target } from '../target.ts';
import { readApplied } from './applied.ts';
import { labelOf, type MigrationNode, type Requirement } from './graph.ts';

/** Opens another database of the family, by its definition's name; resolves to `undefined` where there is none. */
export type OpenOther = (name: string) => Promise<Target | undefined>;

interface Unmet {
  readonly path: string;
  readonly requirement: Requirement;
  readonly because: string;
  readonly create: boolean;
}

/**
 * Looks whether what migrations require of other databases is applied there, in each of them as it is now. Without a
 * requirement it connects to none.
 *
 * Throws `REQUIREMENT_MISSING` with every one that is not, `REQUIREMENT_UNKNOWN` for a database that the family does not
 * have, `IDENTITY_MISMATCH` where the settings lead to another database, and connection errors.
 */
export async function checkRequirements(
  migrations: readonly MigrationNode[],
  target: Target,
  { openOther, context = {} }: { readonly openOther: OpenOther; readonly context?: Context },
): Promise<void> {
  const lines = migrations.flatMap(({ path, requires }) => requires.map((requirement) => ({ path, requirement })));
  const others = Map.groupBy(lines, ({ requirement }) => requirement.database);
  others.delete(target.database.name); // the order of its own files sees to that
  const unmet = await Promise.all(
    [...others].map(async ([name, required]): Promise<Unmet[]> => {
      const other = await openOther(name);
      if (!other) throw unknownDatabase(required[0]!);
      const applied = await readApplied(other, context).catch((error: unknown) => {
        throw unanswered(required[0]!, error);
      });
      const place = `"${other.parameters.database}" on ${other.parameters.host}:${other.parameters.port}`;
      const because = applied ? `is not applied to ${place}` : `cannot be in ${place}: there is no such database`;
      return required
        .filter(({ requirement }) => !applied?.has(requirement.migration))
        .map(({ path, requirement }) => ({ path, requirement, because, create: !applied }));
    }),
  );
  if (unmet.flat().length > 0) throw missing(unmet.flat(), target);
}

/** The same error, which says now why that database is asked at all. */
function unanswered({ path, requirement }: Pick<Unmet, 'path' | 'requirement'>, error: unknown): unknown {
  if (!(error instanceof AtrizError)) return error;
  const { database, migration, line } = requirement;
  const fact = `${path}:${line}: it requires ${labelOf(database, migration)}, and that database cannot be asked`;
  return new AtrizError(error.code, `${fact}: ${error.message}`, { hint: error.hint, cause: error });
}

function missing(unmet: readonly Unmet[], target: Target): AtrizError {
  const facts = unmet.map(
    ({ path, requirement, because }) =>
      `${path}:${requirement.line}: it requires ${labelOf(requirement.database, requirement.migration)}, which ${because}`,
  );
  const absent = flags(unmet.filter(({ create }) => create).map(({ requirement }) => requirement.database));
  const all = flags([...unmet.map(({ requirement }) => requirement.database), target.database.name]);
  const create = absent === '' ? '' : `pnpm exec atriz create${absent} && `;
  return new AtrizError('REQUIREMENT_MISSING', facts.join('\n'), {
    hint: `apply them in their order: ${create}pnpm exec atriz migrate${all}`,
  });
}

function flags(databases: readonly string[]): string {
  return [...new Set(databases)].map((name) => ` --database ${name}`).join('');
}

function unknownDatabase({ path, requirement }: Pick<Unmet, 'path' | 'requirement'>): AtrizError {
  const { database, migration, line } = requirement;
  return new AtrizError(
    'REQUIREMENT_UNKNOWN',
    `${path}:${line}: it requires ${labelOf(database, migration)}, but there is no such database in this workspace`,
    { hint: 'name a database by its definition, as pnpm db:status lists them' },
  );
}
