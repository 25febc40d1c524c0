import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import { runDrill } from '../drill/drill.ts';
import { verifySet } from '../proof/verify.ts';
import { planWorkspacePrune, runPrunes } from '../retention/prune.ts';
import { createSet } from '../set/create.ts';
import { findSet } from '../set/find.ts';
import type { BackupWorkspace } from '../workspace.ts';
import type { SlotRun } from './scheduler.ts';

/**
 * Serves a slot. A backup: makes a set of the whole family, reads it back whole, and removes what the retention settings
 * no longer keep. A drill: restores the newest set and proves it.
 *
 * A set that some store did not take is a failure, told when the rest is done, and so is one whose files are damaged, a
 * store that nothing can be removed from, and a drill that does not prove its set. A missed objective is told as progress.
 */
export async function runSlot(
  workspace: BackupWorkspace,
  { kind, runId, signal }: Pick<SlotRun, 'kind' | 'runId' | 'signal'>,
): Promise<{ readonly setId: string }> {
  const scoped: BackupWorkspace = {
    ...workspace,
    contextFor: (database) => ({ ...workspace.contextFor(database), runId, signal }),
  };
  const [first] = workspace.family.databases;
  const context: Context = { ...(first && scoped.contextFor(first.name)), runId, signal };
  return kind === 'backup' ? backUp(scoped, runId, context) : drill(scoped, context);
}

async function backUp(workspace: BackupWorkspace, runId: string, context: Context): Promise<{ setId: string }> {
  const databases = workspace.family.databases.map(({ name }) => name);
  const { id, failures } = await createSet(workspace, { databases, purpose: 'schedule', runId });
  const reader = await findSet(workspace, { id, context });
  const { problems } = await verifySet(workspace, reader, { restore: false, context });
  if (problems[0]) throw problems[0];
  const reports = await runPrunes(await planWorkspacePrune(workspace, { context }), context);
  const failure = failures[0]?.error ?? reports.find((each) => each.failure)?.failure;
  if (failure) throw failure;
  return { setId: id };
}

async function drill(workspace: BackupWorkspace, context: Context): Promise<{ setId: string }> {
  const { set, proven, verification, rto, rpo } = await runDrill(workspace, { context });
  if (!proven) {
    const message = `${set} could not be proven`;
    throw (
      verification.problems[0] ??
      new AtrizError('BACKUP_UNPROVEN', message, { hint: 'see why: atriz backup verify --restore' })
    );
  }
  for (const [name, { met, measuredMs, limitMs }] of [
    ['recovery time', rto] as const,
    ['recovery point', rpo] as const,
  ]) {
    if (met) continue;
    context.onProgress?.(`the ${name} was ${inSeconds(measuredMs!)}, and is to be ${inSeconds(limitMs)} at most`);
  }
  return { setId: set };
}

function inSeconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
