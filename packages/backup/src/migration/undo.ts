import type { Context } from '@atriz/lifecycle';
import { untieSet } from '../retention/untie.ts';
import { restoreSet } from '../restore/restore.ts';
import type { RestoreReport } from '../restore/request.ts';
import type { BackupWorkspace } from '../workspace.ts';
import type { UndoPart, UndoPlan } from './undo-plan.ts';

export interface RunUndoOptions {
  /** Of the undoing itself: what the ledgers call it. */
  readonly runId: string;
  /** Drop at once what was replaced. Default false: it is kept under another name. */
  readonly dropOld?: boolean | undefined;
  readonly context: Context;
}

/**
 * Puts the databases of a plan back as they were before the run, each in its place; what was there is kept under another
 * name. The restored ledgers keep that it was done: command `migrate undo`, with the set's name as what it changed.
 *
 * Throws what `restoreSet` throws, after which the databases of that set are as they were.
 */
export async function runUndo(
  workspace: BackupWorkspace,
  plan: UndoPlan,
  { runId, dropOld, context }: RunUndoOptions,
): Promise<readonly RestoreReport[]> {
  const reports: RestoreReport[] = [];
  for (const part of plan.parts) {
    const { reader, databases } = part;
    const request = { databases, inPlace: true, dropOld, runId, command: 'migrate undo', context };
    const report = await restoreSet(workspace, reader, request);
    reports.push({ ...report, warnings: [...report.warnings, ...(part.isLast ? await untie(part) : [])] });
  }
  return reports;
}

/** What is undone keeps no set from being pruned. A store that does not take that in is told of, and fails nothing. */
async function untie({ reader: { manifest }, stores }: UndoPart): Promise<readonly string[]> {
  const tell = (error: unknown): string => `${manifest.id} stays tied to the run: ${(error as Error).message}`;
  try {
    return (await untieSet(stores, manifest.id)).map(({ error }) => tell(error));
  } catch (error) {
    return [tell(error)];
  }
}
