import { findSet, verifySet, type VerifyReport } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT, exitCodeOf } from '../../exit-code.ts';
import { errorDocument } from '../../family-command.ts';
import type { Invocation } from '../../invocation.ts';
import { formatBytes } from '../../output/size.ts';
import { formatDuration, paint, plural } from '../../output/terminal.ts';
import { backupContext } from './scope.ts';

export interface VerifyCommandOptions {
  readonly restore?: boolean | undefined;
  readonly store?: string | undefined;
  readonly acceptUnsigned?: boolean | undefined;
}

/** Verifies a set, the newest when none is named; the exit code is that of the first problem. */
export async function verify(
  invocation: Invocation,
  id: string | undefined,
  { restore = false, store, acceptUnsigned }: VerifyCommandOptions,
): Promise<number> {
  const { reporter, options } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const context = backupContext(invocation);
  const reader = await findSet(workspace, { id, store, acceptUnsigned, context });
  const report = await verifySet(workspace, reader, { restore, context });
  if (options.json) reporter.json(toDocument(report, reader.store.place));
  else tell(invocation, report, reader.store.place);
  const [problem] = report.problems;
  return problem ? exitCodeOf(problem.code) : EXIT.done;
}

function tell({ reporter }: Invocation, report: VerifyReport, place: string): void {
  const { stdout } = reporter;
  const { set, restored, damages, problems, proof } = report;
  const sound = `${plural(report.files, 'file')}, ${formatBytes(report.bytes)}, in ${place}`;
  const files =
    damages.length === 0
      ? paint(stdout, 'green', `${sound}: each as it was written`)
      : paint(stdout, 'red', `${sound}: ${plural(damages.length, 'file')} damaged or gone`);
  reporter.line(`${paint(stdout, 'bold', set)}  ${files}`);
  for (const { name, tables, rows, differences } of restored?.databases ?? []) {
    const size = `${plural(tables, 'table')}, ${plural(rows, 'row')}`;
    const text =
      differences.length === 0 ? `restored, ${size}: as the set says` : 'restored, and not what the set says';
    reporter.line(`${paint(stdout, 'bold', name)}  ${paint(stdout, differences.length === 0 ? 'green' : 'red', text)}`);
  }
  for (const { reference, keys, orphanRows } of restored?.references ?? []) {
    const text =
      orphanRows === 0 ? `${plural(keys, 'key')}, none leads nowhere` : `${plural(orphanRows, 'row')} lead nowhere`;
    reporter.line(`${paint(stdout, 'bold', reference)}  ${paint(stdout, orphanRows === 0 ? 'green' : 'red', text)}`);
  }
  for (const name of restored?.unknown ?? [])
    reporter.line(
      `${paint(stdout, 'yellow', 'note')} ${name} is in the set and not in this workspace: it was not restored`,
    );
  for (const problem of problems) reporter.error(problem);
  for (const { store, error } of report.proofFailures) reporter.error(error, `the proof, in ${store.place}`);
  const time = paint(stdout, 'dim', formatDuration(report.durationMs));
  if (proof === undefined) reporter.line(`${paint(stdout, 'red', 'not proven')}  ${time}`);
  else if (proof.method === 'restore') reporter.line(`${paint(stdout, 'green', 'proven by a restore')}  ${time}`);
  else {
    reporter.line(`${paint(stdout, 'green', 'every file can be read')}  ${time}`);
    reporter.line(`${paint(stdout, 'cyan', 'next')} prove that it can be restored: atriz backup verify --restore`);
  }
}

function toDocument(report: VerifyReport, place: string): object {
  const { set, method, files, bytes, damages, restored, problems, proof, proofFailures, durationMs } = report;
  return {
    set,
    store: place,
    method,
    proven: proof !== undefined,
    files,
    bytes,
    durationMs,
    damages: damages.map(({ path, error }) => ({ path, error: errorDocument(error) })),
    restored: restored ?? null,
    problems: problems.map(errorDocument),
    proofFailures: proofFailures.map(({ store, error }) => ({ place: store.place, error: errorDocument(error) })),
  };
}
