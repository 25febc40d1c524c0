import {
  createMigrationFile,
  joinMigrateResults,
  migrateDown,
  migrateRedo,
  migrateUp,
  type MigrateResult,
} from '@atriz/lifecycle';
import { AtrizError } from '@atriz/database';
import { join, relative } from 'node:path';
import { EXIT } from '../exit-code.ts';
import { runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { safeguardMigration, tellUndo } from '../migration-backup.ts';
import { plural } from '../output/terminal.ts';

export interface CountOption {
  readonly count?: number | undefined;
}

export interface UpOptions extends CountOption {
  readonly allowOutOfOrder?: boolean | undefined;
}

export async function up(invocation: Invocation, options: UpOptions): Promise<number> {
  const backup = await safeguardMigration(invocation, options);
  const code = await runFamilyCommand(invocation, {
    work: (target, context, { to, isFirst }) =>
      migrateUp(target, { ...options, to, continues: !isFirst, openOther: invocation.openOther }, context),
    migrating: { join: joinMigrateResults, count: options.count },
    describe: ({ applied }) => (applied.length > 0 ? `${plural(applied.length, 'migration')} applied` : 'up to date'),
    reach: { command: 'migrate up' },
    document: { backup },
  });
  tellUndo(invocation, backup);
  return code;
}

export function down(invocation: Invocation, options: CountOption): Promise<number> {
  return runFamilyCommand(invocation, {
    work: (target, context) => migrateDown(target, options, context),
    describe: describeUndone,
    order: 'dependents-first',
    reach: { command: 'migrate down', named: true },
  });
}

export function redo(invocation: Invocation, options: CountOption): Promise<number> {
  return runFamilyCommand(invocation, {
    work: (target, context) => migrateRedo(target, options, context),
    describe: (result) =>
      result.applied.length > 0 ? `${plural(result.applied.length, 'migration')} redone` : describeUndone(result),
    reach: { command: 'migrate redo', named: true },
  });
}

/** Makes a migration file in the one package that the command is about. */
export async function create(invocation: Invocation, name: string): Promise<number> {
  const [database, ...others] = invocation.databases;
  if (!database || others.length > 0) {
    throw new AtrizError('ARGUMENT_INVALID', 'a migration belongs to one database', {
      hint: 'run it inside the package, or add --database NAME',
    });
  }
  const path = await createMigrationFile(join(database.directory, database.migrationsDirectory), name);
  const shown = relative(invocation.surroundings.directory, path);
  if (invocation.options.json) invocation.reporter.json({ name: database.name, path });
  invocation.reporter.line(`created ${shown}`);
  return EXIT.done;
}

function describeUndone({ undone }: MigrateResult): string {
  return undone.length > 0 ? `${plural(undone.length, 'migration')} undone` : 'nothing to undo';
}
