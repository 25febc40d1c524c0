import { checkReplaceable, planUndo, runUndo, type RestoreReport, type UndoPlan } from '@atriz/backup';
import { AtrizError } from '@atriz/database';
import { openBackupWorkspace } from '../backup-workspace.ts';
import { confirm } from '../confirm.ts';
import { EXIT } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { formatDuration, paint, plural } from '../output/terminal.ts';
import { backupContext, chosenNames } from './backup/scope.ts';

export interface MigrateUndoOptions {
  /** The id of the run to undo. */
  readonly run: string;
  readonly dropOld?: boolean | undefined;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Puts what a run of migrations touched back to the set that was made before it. */
export async function undo(invocation: Invocation, { run, dropOld = false }: MigrateUndoOptions): Promise<number> {
  const { reporter, runId, databases } = invocation;
  if (!UUID.test(run)) {
    throw new AtrizError('ARGUMENT_INVALID', `"${run}" is not the id of a run`, { hint: 'atriz history shows them' });
  }
  const workspace = await openBackupWorkspace(invocation);
  const context = backupContext(invocation);
  const names = databases.map(({ name }) => name);
  const chosen = chosenNames(invocation);
  if (chosen) await checkReplaceable(workspace, chosen, context); // whose databases these are comes before any set
  const plan = await planUndo(workspace, { run: run.toLowerCase(), databases: names, context });
  await confirm(invocation, describeDeed(plan, dropOld));
  const reports = await runUndo(workspace, plan, { runId, dropOld, context });
  if (invocation.options.json) reporter.json({ run: runId, undone: plan.run, sets: reports });
  else tell(invocation, plan, reports);
  return EXIT.done;
}

function describeDeed({ run, parts }: UndoPlan, dropOld: boolean): string {
  const states = parts.map(({ reader: { manifest }, databases }) => {
    return `each of ${databases.join(', ')} back to its state of ${manifest.takenAt} (${manifest.id})`;
  });
  const old = dropOld
    ? 'what was written since is lost'
    : 'what was written since stays in what is kept beside it only';
  return `undo run ${run}: put ${states.join(', ')}, ending the sessions in it; ${old}`;
}

function tell({ reporter }: Invocation, { run, leaving }: UndoPlan, reports: readonly RestoreReport[]): void {
  const { stdout } = reporter;
  const restored = reports.flatMap(({ takenAt, databases }) => databases.map((each) => ({ takenAt, ...each })));
  for (const { name, takenAt, rows, kept, durationMs } of restored) {
    const count = plural(leaving.get(name)?.size ?? 0, 'migration');
    const time = paint(stdout, 'dim', formatDuration(durationMs));
    const state = `as it was at ${takenAt}, ${plural(rows, 'row')}, without ${count}`;
    reporter.line(`${paint(stdout, 'bold', name)}  ${paint(stdout, 'green', state)}  ${time}`);
    if (kept !== null) reporter.line(`  what was there is kept as "${kept}"`);
  }
  for (const warning of reports.flatMap(({ warnings }) => warnings))
    reporter.line(`${paint(stdout, 'yellow', 'note')} ${warning}`);
  reporter.line(paint(stdout, 'dim', `run ${run} is undone`));
  if (restored.some(({ kept }) => kept !== null))
    reporter.line(`${paint(stdout, 'cyan', 'next')} when all is well: atriz backup restore --drop-old`);
}
