import { readBackupHealth, type BackupHealth, type DatabaseHealth } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT } from '../../exit-code.ts';
import { errorDocument } from '../../family-command.ts';
import type { Invocation } from '../../invocation.ts';
import { alignColumns, formatDuration, paint, plural, type Cell } from '../../output/terminal.ts';
import { describeArchive } from './archive-text.ts';
import { backupContext } from './scope.ts';
import { formatAge, formatBytes } from '../../output/size.ts';

const EXITS = { ok: EXIT.done, problem: EXIT.refused, unreachable: EXIT.unreachable } as const;

/** Tells how the backups are: of each database, in each store, by the schedule, and what is wrong. */
export async function health(invocation: Invocation): Promise<number> {
  const report = await readBackupHealth(await openBackupWorkspace(invocation), backupContext(invocation));
  if (invocation.options.json) invocation.reporter.json(toDocument(report));
  else tell(invocation, report);
  return EXITS[report.state];
}

function tell(
  { reporter }: Invocation,
  { databases, stores, trend, schedule, archive, concerns, state }: BackupHealth,
): void {
  const { stdout } = reporter;
  const dim = (text: string): string => paint(stdout, 'dim', text);
  for (const line of alignColumns(stdout, databases.map(cellsOf))) reporter.line(line);
  for (const { place, reachable, sets, bytes } of stores) {
    const found = reachable ? `${plural(sets, 'set')}, ${formatBytes(bytes)}` : 'cannot be read';
    reporter.line(`${paint(stdout, 'bold', place)}  ${found}`);
  }
  if (trend) {
    reporter.line(dim(`the newest set has ${formatBytes(trend.bytes)}; usual are ${formatBytes(trend.medianBytes)}`));
  }
  if (archive) reporter.line(`${paint(stdout, 'bold', `archive of ${archive.stanza}`)}  ${describeArchive(archive)}`);
  for (const { kind, slot } of schedule?.next ?? []) reporter.line(dim(`next ${kind} at ${slot.toISOString()}`));
  for (const { level, message, hint } of concerns) {
    reporter.line(`${paint(stdout, level === 'problem' ? 'red' : 'yellow', level)} ${message}`);
    if (hint) reporter.line(`  ${paint(stdout, 'cyan', 'hint')} ${hint}`);
  }
  if (state === 'ok') reporter.line(paint(stdout, 'green', 'backups are all right'));
}

function cellsOf({ name, set, proven }: DatabaseHealth): Cell[] {
  const newest = set ? `set of ${set.takenAt.toISOString()}, ${formatAge(set.ageMs)}` : 'no set';
  const proof = proven
    ? `restored and compared in ${formatDuration(proven.durationMs)} at ${proven.provenAt.toISOString()}`
    : 'never restored';
  return [{ text: name, style: 'bold' }, { text: newest }, { text: proof }];
}

function toDocument({ stores, ...report }: BackupHealth): object {
  return {
    ...report,
    stores: stores.map(({ error, ...store }) => ({ ...store, error: error === null ? null : errorDocument(error) })),
  };
}
