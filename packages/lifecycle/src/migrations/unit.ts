import pg from 'pg';
import { recordStatement } from '../ledger/migration-rows.ts';
import { refuseUnrunnable } from './check-migration.ts';
import { readMigration, type Migration, type MigrationFile, type MigrationSection } from './migration-file.ts';

export type Direction = 'up' | 'down';

/** One direction of a migration, cut into what is sent to the server. */
export interface Unit {
  readonly migration: Migration;
  readonly direction: Direction;
  /** In a transaction there is one; without, one for each statement, which is sent alone. */
  readonly sections: readonly MigrationSection[];
}

/** Reads the files of a run. Throws `MIGRATION_INVALID`. */
export function readUnits(files: readonly MigrationFile[], direction: Direction): Promise<Unit[]> {
  return Promise.all(
    files.map(async (file) => {
      const migration = await readMigration(file);
      await refuseUnrunnable(migration, direction);
      return toUnit(migration, direction);
    }),
  );
}

async function toUnit(migration: Migration, direction: Direction): Promise<Unit> {
  const section = direction === 'up' ? migration.up : migration.down!;
  if (!migration.directives.noTransaction) return { migration, direction, sections: [section] };
  const { readStatements } = await import('../sql/statements.ts');
  const statements = await readStatements(section.sql);
  const sections = statements.map(({ sql, start }) => ({ sql, offset: section.offset + start }));
  return { migration, direction, sections };
}

/** One message to the server. */
export interface Step {
  readonly text: string;
  /** What of the file is in it, as the server counts positions in the message; absent where it is only ours. */
  readonly section?: MigrationSection;
}

/** The messages of a unit, in order; behind them comes node-pg-migrate's row in the history. */
export function stepsOf(unit: Unit, runId: string): readonly Step[] {
  return unit.migration.directives.noTransaction ? loneSteps(unit, runId) : transactionSteps(unit, runId);
}

/** The timeout comes first, in front of the section: what an error says of the position counts from there. */
function transactionSteps({ migration, direction, sections }: Unit, runId: string): Step[] {
  const [{ sql, offset }] = sections as readonly [MigrationSection];
  const head = `SET LOCAL lock_timeout = ${migration.directives.lockTimeoutMs};\n`;
  const section = { sql: `${head}${sql}`, offset: offset - head.length };
  return [{ text: `${section.sql}\n;\n${recordStatement(migration, { direction, runId })};`, section }];
}

/** Each statement behind a row that says that it is being sent: whatever ends the run, the row is what is known. */
function loneSteps({ migration, direction, sections }: Unit, runId: string): Step[] {
  const name = pg.escapeLiteral(migration.name);
  return [
    { text: `SET lock_timeout = ${migration.directives.lockTimeoutMs};` },
    {
      text: `INSERT INTO atriz.unfinished_migrations (name, direction, statement, statement_count, run_id)
VALUES (${name}, '${direction}', 1, ${sections.length}, ${pg.escapeLiteral(runId)});`,
    },
    ...sections.flatMap((section, index) => [
      { text: `${section.sql}\n;`, section },
      { text: `UPDATE atriz.unfinished_migrations SET statement = ${index + 2} WHERE name = ${name};` },
    ]),
    { text: `${recordStatement(migration, { direction, runId })}; RESET lock_timeout;` },
  ];
}
