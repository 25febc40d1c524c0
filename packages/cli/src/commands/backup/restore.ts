import {
  checkReplaceable,
  findSet,
  restoreSet,
  restoreToDirectory,
  type RestoreReport,
  type SetReader,
} from '@atriz/backup';
import { resolve } from 'node:path';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { confirm } from '../../confirm.ts';
import { EXIT } from '../../exit-code.ts';
import type { Invocation } from '../../invocation.ts';
import { formatDuration, paint, plural } from '../../output/terminal.ts';
import { backupContext, chosenNames } from './scope.ts';

export interface RestoreCommandOptions {
  readonly table?: string | undefined;
  readonly as?: string | undefined;
  readonly asSuffix?: string | undefined;
  readonly inPlace?: boolean | undefined;
  readonly directory?: string | undefined;
  readonly dropOld?: boolean | undefined;
  readonly store?: string | undefined;
  readonly acceptUnsigned?: boolean | undefined;
}

/** Brings back a set, the newest when none is named, beside what exists or in its place. */
export async function restore(
  invocation: Invocation,
  id: string | undefined,
  options: RestoreCommandOptions,
): Promise<number> {
  const { reporter, runId } = invocation;
  const { table, as, asSuffix: suffix, inPlace = false, dropOld = false, store, acceptUnsigned } = options;
  const workspace = await openBackupWorkspace(invocation);
  const context = backupContext(invocation);
  if (options.directory !== undefined) {
    return restoreInto(invocation, await findSet(workspace, { id, store, acceptUnsigned, context }), options.directory);
  }
  const databases = chosenNames(invocation);
  if (inPlace && databases) await checkReplaceable(workspace, databases, context);
  const reader = await findSet(workspace, { id, store, acceptUnsigned, context });
  if (inPlace) await confirm(invocation, describeDeed(reader, { databases, table, dropOld }));
  const report = await restoreSet(workspace, reader, {
    databases,
    table,
    as,
    suffix,
    inPlace,
    dropOld,
    runId,
    context,
  });
  if (invocation.options.json) reporter.json(report);
  else tell(invocation, report);
  return EXIT.done;
}

async function restoreInto(invocation: Invocation, reader: SetReader, path: string): Promise<number> {
  const { reporter, options, surroundings } = invocation;
  const directory = resolve(surroundings.directory, path);
  const restored = await restoreToDirectory(reader, { directory, context: backupContext(invocation) });
  if (options.json) reporter.json(restored);
  else {
    const { major, durationMs, set, takenAt } = restored;
    const done = paint(reporter.stdout, 'green', 'restored');
    reporter.line(`${set} of ${takenAt}  ${done} into ${directory}  ${formatDuration(durationMs)}`);
    reporter.line(
      `${paint(reporter.stdout, 'cyan', 'next')} with PostgreSQL ${major}, as the user who owns it: pg_ctl start -D ${directory}`,
    );
  }
  return EXIT.done;
}

function describeDeed(
  { manifest }: SetReader,
  {
    databases,
    table,
    dropOld,
  }: {
    readonly databases: readonly string[] | undefined;
    readonly table: string | undefined;
    readonly dropOld: boolean;
  },
): string {
  const state = `its state of ${manifest.takenAt} (${manifest.id})`;
  if (table !== undefined) return `replace the rows of ${table} by those of ${state}`;
  const names = databases ?? manifest.databases.map(({ name }) => name);
  const old = dropOld ? 'what is there now is dropped' : 'what is there now is kept under another name';
  const whole =
    manifest.engine === 'physical' && databases === undefined
      ? '; on the embedded server that is the server as a whole, with every database on it'
      : '';
  return `put each of ${names.join(', ')} back to ${state}, ending the sessions in it${whole}; ${old}`;
}

function tell({ reporter }: Invocation, report: RestoreReport): void {
  const dim = (text: string): string => paint(reporter.stdout, 'dim', text);
  for (const each of report.databases) {
    const place = `"${each.databaseName}" on ${each.host}:${each.port}`;
    const size = `${plural(each.tables, 'table')}, ${plural(each.rows, 'row')}`;
    reporter.line(
      `${paint(reporter.stdout, 'bold', each.name)}  ${paint(reporter.stdout, 'green', 'restored')} as ${place}: ${size}, as the set says  ${dim(formatDuration(each.durationMs))}`,
    );
    if (each.kept !== null) reporter.line(`  what was there is kept as "${each.kept}"`);
    if (each.pending.length > 0)
      reporter.line(`  ${plural(each.pending.length, 'migration')} behind the files: atriz migrate up`);
    if (each.unknown.length > 0)
      reporter.line(`  ${plural(each.unknown.length, 'migration')} that the files do not have`);
  }
  if (report.table) {
    const { database, table, rows, durationMs } = report.table;
    reporter.line(`${database}  ${table}: ${plural(rows, 'row')} restored  ${dim(formatDuration(durationMs))}`);
  }
  for (const warning of report.warnings) reporter.line(`${paint(reporter.stdout, 'yellow', 'note')} ${warning}`);
  reporter.line(dim(`${report.set} of ${report.takenAt}, in ${formatDuration(report.durationMs)}`));
  if (report.replacedServer !== null) reporter.line(`what the server had is kept in ${report.replacedServer}`);
  const next = nextSteps(report);
  if (next !== undefined) reporter.line(`${paint(reporter.stdout, 'cyan', 'next')} ${next}`);
}

function nextSteps({ databases, replacedServer }: RestoreReport): string | undefined {
  if (replacedServer !== null || databases.some(({ kept }) => kept !== null)) {
    return 'to take it back: atriz backup restore --swap-back; when all is well: atriz backup restore --drop-old';
  }
  const beside = databases.filter(({ name, databaseName }) => name !== databaseName);
  if (beside.length === 0) return undefined;
  return `when they are no longer needed: ${beside.map(({ databaseName }) => `DROP DATABASE "${databaseName}"`).join('; ')}`;
}
