import {
  parseAsOf,
  restoreAsOf as restoreServer,
  restoreDatabaseAsOf,
  type AsOfReport,
  type DatabaseAsOfReport,
  type RecoveryTarget,
} from '@atriz/backup';
import { AtrizError } from '@atriz/database';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { confirm } from '../../confirm.ts';
import { EXIT } from '../../exit-code.ts';
import type { Invocation } from '../../invocation.ts';
import { formatDuration, paint, plural } from '../../output/terminal.ts';
import { chosenNames } from './scope.ts';

export interface AsOfOptions {
  readonly asOf?: string | undefined;
  readonly toName?: string | undefined;
  readonly directory?: string | undefined;
  readonly inPlace?: boolean | undefined;
  readonly as?: string | undefined;
}

/**
 * Recovers to a moment through pgBackRest: the whole server into a directory or in place, or one database beside the
 * others. `label` is the backup to begin with.
 */
export async function restoreAsOf(
  invocation: Invocation,
  label: string | undefined,
  { asOf, toName, directory, inPlace, as }: AsOfOptions,
): Promise<number> {
  const { reporter, options } = invocation;
  const recovery: RecoveryTarget = toName === undefined ? parseAsOf(asOf!) : { kind: 'name', name: toName };
  const workspace = await openBackupWorkspace(invocation);
  const databases = chosenNames(invocation);
  if (directory === undefined && !inPlace) {
    const [database, ...others] = databases ?? [];
    if (database === undefined || others.length > 0) throw whichOne();
    const report = await restoreDatabaseAsOf(workspace, { database, recovery, label, as });
    if (options.json) reporter.json(report);
    else tellDatabase(invocation, report);
    return EXIT.done;
  }
  if (inPlace) await confirm(invocation, 'take the whole stopped server back, with every database that is on it');
  const report = await restoreServer(workspace, { recovery, label, directory, inPlace, databases });
  if (options.json) reporter.json(report);
  else tellServer(invocation, report);
  return EXIT.done;
}

function whichOne(): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', 'a moment is of one database or of the whole server', {
    hint: 'name one to have it beside the others, --database NAME; or for the server --directory DIR, or --in-place',
  });
}

function tellDatabase({ reporter }: Invocation, report: DatabaseAsOfReport): void {
  const { database, databaseName, tables, rows, durationMs } = report;
  const done = paint(reporter.stdout, 'green', 'recovered');
  const size = `${plural(tables, 'table')}, ${plural(rows, 'row')}`;
  reporter.line(
    `${paint(reporter.stdout, 'bold', database)}  ${done} as "${databaseName}": ${size}  ${formatDuration(durationMs)}`,
  );
  tellMoment({ reporter }, report);
  reporter.line(
    `${paint(reporter.stdout, 'cyan', 'next')} when it is no longer needed: DROP DATABASE "${databaseName}"`,
  );
}

function tellServer({ reporter }: Invocation, report: AsOfReport): void {
  const { databases, references, orphanRows, directory, start, durationMs } = report;
  reporter.line(
    `${paint(reporter.stdout, 'bold', report.stanza)}  ${paint(reporter.stdout, 'green', 'recovered')} in ${directory}  ${formatDuration(durationMs)}`,
  );
  tellMoment({ reporter }, report);
  for (const { name, state } of databases) reporter.line(`  ${name}  ${state}`);
  const found = orphanRows === 0 ? 'all lead somewhere' : `${plural(orphanRows, 'row')} lead nowhere`;
  reporter.line(`  ${plural(references, 'reference')} followed: ${found}`);
  reporter.line(`${paint(reporter.stdout, 'cyan', 'next')} start it, as the user that PostgreSQL runs as: ${start}`);
  reporter.line(`     and, once it is the one in use, have it archive: atriz backup pgbackrest init`);
}

function tellMoment(
  { reporter }: Pick<Invocation, 'reporter'>,
  { target, backup, recoveredTo, archived }: AsOfReport | DatabaseAsOfReport,
): void {
  const last = recoveredTo === null ? 'nothing was committed since the backup' : `its last commit is of ${recoveredTo}`;
  reporter.line(`  as of ${target}, from backup ${backup}: ${last}`);
  if (!archived) {
    reporter.line(
      `  ${paint(reporter.stdout, 'yellow', 'note')} the server was not there to archive its last writes first`,
    );
  }
}
