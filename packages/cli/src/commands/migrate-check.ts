import { checkUndo, createDriftCheck, type DriftReport, type Finding, type UndoReport } from '@atriz/lifecycle/drift';
import { EXIT } from '../exit-code.ts';
import { runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { plural } from '../output/terminal.ts';

export interface CheckOptions {
  readonly down?: boolean | undefined;
}

/** Compares each database with what its migrations make; with `--down`, what each Down leaves with what was before. */
export function check(invocation: Invocation, { down = false }: CheckOptions): Promise<number> {
  // Nothing is changed, so no database waits for another.
  const databases = invocation.databases.map((database) => ({ ...database, dependsOn: [] }));
  return down ? checkDowns({ ...invocation, databases }) : checkDatabases({ ...invocation, databases });
}

function checkDatabases(invocation: Invocation): Promise<number> {
  return runFamilyCommand(invocation, {
    work: createDriftCheck(),
    describe: describeDrift,
    details: ({ differences }) => linesOf(differences),
    exitCode: ({ differences }) => (differences.length > 0 ? EXIT.refused : EXIT.done),
    writes: false,
    reach: { command: 'migrate check' },
  });
}

function checkDowns(invocation: Invocation): Promise<number> {
  return runFamilyCommand(invocation, {
    work: checkUndo,
    describe: describeUndo,
    details: ({ faults, endedAt }) => [
      ...faults.flatMap(({ migration, differences, failure }) => [
        `${migration}: ${failure === undefined ? 'its Down does not undo its Up' : 'its Down fails'}`,
        ...linesOf(differences).map((line) => `  ${line}`),
        ...(failure?.split('\n').map((line) => `  ${line}`) ?? []),
      ]),
      ...(endedAt === undefined ? [] : [`${endedAt} has no way back; it and what is older was not checked`]),
    ],
    exitCode: ({ faults }) => (faults.length > 0 ? EXIT.refused : EXIT.done),
  });
}

function describeDrift({ applied, pending, differences }: DriftReport): string {
  const basis = `${plural(applied, 'migration')}${pending > 0 ? `, ${pending} pending not compared` : ''}`;
  return differences.length === 0 ? `no drift (${basis})` : `${plural(differences.length, 'difference')} (${basis})`;
}

function describeUndo({ checked, faults }: UndoReport): string {
  if (faults.length > 0) return `${faults.length} of ${plural(checked, 'Down section')} at fault`;
  if (checked === 0) return 'nothing to undo';
  return checked === 1 ? '1 Down section undoes its Up' : `${plural(checked, 'Down section')} undo their Up`;
}

function linesOf(differences: readonly Finding[]): string[] {
  return differences.flatMap(({ sentence }) => sentence.split('\n'));
}
