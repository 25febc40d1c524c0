import { AtrizError } from '@atriz/database';
import { checkMigration, describeFault } from '../migrations/check-migration.ts';
import type { Migration } from '../migrations/migration-file.ts';
import { readStatements, type Statement } from '../sql/statements.ts';
import type { PlannedStatement } from './family-plan.ts';

/**
 * The statements that applying a migration would run. Locks on what the same transaction has made are left out: nobody
 * else sees it yet. Throws `MIGRATION_INVALID` for a text that is no SQL.
 */
export async function readPlannedStatements(migration: Migration): Promise<PlannedStatement[]> {
  const { text, up, directives } = migration;
  const statements = await readStatements(up.sql).catch(async (error: unknown) => {
    await refuseFaulty(migration);
    throw error;
  });
  const made = new Set<string>();
  let line = 1;
  let counted = 0;
  return statements.map((statement) => {
    const index = up.offset + statement.start;
    line += countLines(text, counted, index);
    counted = index;
    const locks = statement.locks.filter(({ relation }) => !made.has(relation));
    const relation = directives.noTransaction ? undefined : madeBy(statement);
    if (relation !== undefined) made.add(relation);
    return { kind: statement.kind, line, locks };
  });
}

/** Says the same with file, line and column. */
async function refuseFaulty(migration: Migration): Promise<void> {
  const [fault] = await checkMigration(migration);
  if (fault) throw new AtrizError('MIGRATION_INVALID', describeFault(migration.path, fault), { hint: fault.hint });
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*)`;
const MADE = new RegExp(
  String.raw`^CREATE\s+(?:UNLOGGED\s+)?(?:TABLE|SEQUENCE|(?:MATERIALIZED\s+)?VIEW)\s+(?!IF\s+NOT\s+EXISTS\b)(${NAME}(?:\.${NAME})?)`,
  'i',
);

/** The relation that cannot have been there before, as `locks` call it: with quotes only where it needs them. */
function madeBy({ sql }: Statement): string | undefined {
  const [, name] = MADE.exec(sql) ?? [];
  return name?.replaceAll(new RegExp(NAME, 'g'), (part) => {
    if (!part.startsWith('"')) return part.toLowerCase();
    return /^"[a-z_][a-z0-9_$]*"$/.test(part) ? part.slice(1, -1) : part;
  });
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let index = text.indexOf('\n', from); index !== -1 && index < to; index = text.indexOf('\n', index + 1)) {
    count += 1;
  }
  return count;
}
