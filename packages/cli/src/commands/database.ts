import {
  cleanDatabase,
  createDatabase,
  dropDatabase,
  joinPrepareResults,
  resetDatabase,
  seedDatabase,
  setupDatabase,
  type CleanResult,
  type PrepareResult,
  type SeedOutcome,
} from '@atriz/lifecycle';
import { confirmDestruction } from '../confirm.ts';
import { EXIT } from '../exit-code.ts';
import { runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { safeguardMigration, tellUndo } from '../migration-backup.ts';
import { plural } from '../output/terminal.ts';
import { showStatus } from './status.ts';

export function create(invocation: Invocation): Promise<number> {
  return runFamilyCommand(invocation, {
    work: createDatabase,
    describe: ({ created }) => (created ? 'created' : 'exists already'),
    reach: { command: 'create', beforeMigration: true },
  });
}

export async function drop(invocation: Invocation): Promise<number> {
  await confirmDestruction(invocation, 'drop these databases with everything in them');
  return runFamilyCommand(invocation, {
    work: dropDatabase,
    describe: ({ dropped }) => (dropped ? 'dropped' : 'did not exist'),
    order: 'dependents-first',
    reach: { command: 'drop', named: true },
  });
}

export function seed(invocation: Invocation): Promise<number> {
  return runFamilyCommand(invocation, {
    work: (target, context) => seedDatabase(target, {}, context),
    describe: describeSeeds,
    reach: { command: 'seed' },
  });
}

export async function clean(invocation: Invocation): Promise<number> {
  await confirmDestruction(invocation, 'delete every row of these databases');
  return runFamilyCommand(invocation, {
    work: cleanDatabase,
    describe: describeClean,
    order: 'dependents-first',
    reach: { command: 'clean', named: true },
  });
}

export async function reset(invocation: Invocation): Promise<number> {
  await confirmDestruction(invocation, 'drop these databases and make them anew');
  return runFamilyCommand(invocation, {
    work: (target, context, stretch) => resetDatabase(target, { stretch, openOther: invocation.openOther }, context),
    migrating: { join: joinPrepareResults, anew: true },
    describe: describePrepare,
    reach: { command: 'reset', named: true },
  });
}

/** Creates, migrates and seeds what is not yet, then shows the family's status. */
export async function setup(invocation: Invocation): Promise<number> {
  const backup = await safeguardMigration(invocation);
  const code = await runFamilyCommand(invocation, {
    work: (target, context, stretch) => setupDatabase(target, { stretch, openOther: invocation.openOther }, context),
    migrating: { join: joinPrepareResults },
    describe: describePrepare,
    reach: { command: 'setup' },
    document: { backup },
  });
  tellUndo(invocation, backup);
  if (code !== EXIT.done || invocation.options.json) return code;
  invocation.reporter.line('');
  return showStatus(invocation);
}

function describeSeeds({ seeded, leftOut = [] }: SeedOutcome): string {
  if (leftOut.length > 0) return `${plural(seeded.length, 'seed')} run, ${leftOut.length} left out`;
  return seeded.length > 0 ? `${plural(seeded.length, 'seed')} run` : 'has no seeds';
}

function describeClean({ tables, rows, exact }: CleanResult): string {
  return `${plural(tables, 'table')} emptied of ${exact ? '' : 'about '}${plural(rows, 'row')}`;
}

function describePrepare({ created, applied, seeded, roleChanges }: PrepareResult): string {
  const parts = [
    created ? 'created' : '',
    applied.length > 0 ? plural(applied.length, 'migration') : '',
    seeded.length > 0 ? plural(seeded.length, 'seed') : '',
  ].filter(Boolean);
  if (parts.length > 0) return parts.join(', ');
  return roleChanges === undefined ? 'nothing to do' : 'roles applied';
}
