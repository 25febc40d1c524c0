import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import type { Problem } from '../status.ts';
import { placeOf, type Target } from '../target.ts';
import { readApplied } from './applied.ts';
import { labelOf, type MigrationNode, type Requirement } from './graph.ts';

/** Opens another database of the family, by its definition's name; resolves to `undefined` where there is none. */
export type OpenOther = (name: string) => Promise<Target | undefined>;

/** A `requires` line of a file. */
interface Line {
  readonly path: string;
  readonly requirement: Requirement;
}

/** A `requires` line about something that is not there. */
export interface Unmet extends Line {
  /** `"atriz_shared" on localhost:5432`: where it was looked for. */
  readonly place: string;
  /** Whether there is such a database at all. */
  readonly exists: boolean;
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
        throw error instanceof AtrizError ? unansweredError(required[0]!, error) : error;
      });
      return required
        .filter(({ requirement }) => !applied?.has(requirement.migration))
        .map(({ path, requirement }) => ({ path, requirement, place: placeOf(other), exists: applied !== undefined }));
    }),
  );
  if (unmet.flat().length > 0) throw missingError(unmet.flat(), target.database.name);
}

/** `REQUIREMENT_MISSING`, with every line, and the command that applies both sides in their order. */
export function missingError(unmet: readonly Unmet[], database: string): AtrizError {
  const facts = unmet.map(({ place, exists, ...line }) =>
    exists
      ? `${describe(line)}, which is not applied to ${place}`
      : `${describe(line)}, which cannot be in ${place}: there is no such database`,
  );
  const absent = flags(unmet.filter(({ exists }) => !exists).map(({ requirement }) => requirement.database));
  const all = flags([...unmet.map(({ requirement }) => requirement.database), database]);
  const create = absent === '' ? '' : `pnpm exec atriz create${absent} && `;
  return new AtrizError('REQUIREMENT_MISSING', facts.join('\n'), {
    hint: `apply them in their order: ${create}pnpm exec atriz migrate${all}`,
  });
}

/** What kept the other database from answering, with the reason why it was asked at all. */
export function unansweredError(line: Line, cause: AtrizError | Problem): AtrizError {
  const message = `${describe(line)}, and that database cannot be asked: ${cause.message}`;
  return new AtrizError(cause.code, message, { hint: cause.hint, cause });
}

function unknownDatabase(line: Line): AtrizError {
  return new AtrizError('REQUIREMENT_UNKNOWN', `${describe(line)}, but there is no such database in this workspace`, {
    hint: 'name a database by its definition, as pnpm db:status lists them',
  });
}

function describe({ path, requirement: { database, migration, line } }: Line): string {
  return `${path}:${line}: it requires ${labelOf(database, migration)}`;
}

function flags(databases: readonly string[]): string {
  return [...new Set(databases)].map((name) => ` --database ${name}`).join('');
}
