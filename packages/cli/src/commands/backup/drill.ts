import { runDrill, type DrillReport, type Objective } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT, exitCodeOf } from '../../exit-code.ts';
import { errorDocument } from '../../family-command.ts';
import type { Invocation } from '../../invocation.ts';
import { formatDuration, paint, plural, type Stream } from '../../output/terminal.ts';
import { backupContext } from './scope.ts';

export interface DrillCommandOptions {
  readonly store?: string | undefined;
}

/** Restores a set beside everything, proves it, and tells how long that took and how much would have been lost. */
export async function drill(
  invocation: Invocation,
  id: string | undefined,
  { store }: DrillCommandOptions,
): Promise<number> {
  const { reporter, options } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const report = await runDrill(workspace, { id, store, context: backupContext(invocation) });
  if (options.json) reporter.json(toDocument(report));
  else tell(invocation, report);
  const [problem] = report.verification.problems;
  if (!report.proven) return problem ? exitCodeOf(problem.code) : EXIT.refused;
  return report.rto.met && report.rpo.met ? EXIT.done : EXIT.refused;
}

function tell({ reporter }: Invocation, report: DrillReport): void {
  const { stdout } = reporter;
  const { set, store, proven, verification, restoreMs, rto, rpo } = report;
  const rows = verification.restored?.databases.reduce((sum, each) => sum + each.rows, 0) ?? 0;
  const databases = plural(verification.restored?.databases.length ?? 0, 'database');
  const found = proven
    ? paint(stdout, 'green', `restored and proven: ${databases}, ${plural(rows, 'row')}, as the set says`)
    : paint(stdout, 'red', 'not proven');
  reporter.line(`${paint(stdout, 'bold', set)}  ${found}`);
  for (const problem of verification.problems) reporter.error(problem);
  for (const { store: other, error } of verification.proofFailures)
    reporter.error(error, `the proof, in ${other.place}`);
  const restore = restoreMs === null ? '' : `; the restore alone took ${formatDuration(restoreMs)}`;
  reporter.line(`${describe(stdout, 'recovery time', rto)}${restore}`);
  const by = rpo.by === 'archive' ? '; by the archive of the log' : `; the set is of ${report.takenAt.toISOString()}`;
  reporter.line(`${describe(stdout, 'recovery point', rpo)}${by}`);
  reporter.line(paint(stdout, 'dim', `from ${store.place}`));
}

function describe(stdout: Stream, name: string, { measuredMs, limitMs, met }: Objective): string {
  const measured = measuredMs === null ? 'not known' : formatDuration(measuredMs);
  const found = paint(stdout, met ? 'green' : 'red', `${measured}${met ? '' : ', missed'}`);
  return `${paint(stdout, 'bold', name)}  ${found}; the objective is ${formatDuration(limitMs)}`;
}

function toDocument({ verification, store, ...report }: DrillReport): object {
  return {
    ...report,
    store: store.place,
    restored: verification.restored ?? null,
    problems: verification.problems.map(errorDocument),
  };
}
