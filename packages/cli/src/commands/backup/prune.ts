import { planWorkspacePrune, runPrunes, type PrunePlan, type StorePruneReport } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { confirm } from '../../confirm.ts';
import { EXIT, exitCodeOfError } from '../../exit-code.ts';
import { errorDocument } from '../../family-command.ts';
import type { Invocation } from '../../invocation.ts';
import { paint, plural } from '../../output/terminal.ts';
import { backupContext } from './scope.ts';
import { formatBytes } from '../../output/size.ts';

export interface PruneOptions {
  readonly dryRun?: boolean | undefined;
  readonly untie?: string | undefined;
  readonly store?: string | undefined;
}

/** Removes the sets that the retention settings no longer keep, and what runs that were cut off left. */
export async function prune(invocation: Invocation, { dryRun = false, untie, store }: PruneOptions): Promise<number> {
  const { reporter, options } = invocation;
  const context = backupContext(invocation);
  const plan = await planWorkspacePrune(await openBackupWorkspace(invocation), { untie, store, context });
  const going = plan.stores.flatMap(({ remove }) => remove);
  if (!dryRun && (going.length > 0 || untie !== undefined)) {
    const count = new Set(going.map(({ id }) => id)).size;
    await confirm(invocation, `remove ${plural(count, 'set')}${untie === undefined ? '' : `, and untie ${untie}`}`);
  }
  const reports = dryRun ? previewOf(plan) : await runPrunes(plan, context);
  if (options.json) reporter.json({ dryRun, stores: reports.map(toDocument) });
  else for (const report of reports) tell(invocation, report, dryRun);
  const failure = reports.find((each) => each.failure)?.failure;
  return failure ? exitCodeOfError(failure) : EXIT.done;
}

/** What would become of each store. */
function previewOf({ stores, failures }: PrunePlan): StorePruneReport[] {
  return [
    ...failures.map(({ store, error }) => ({ store, keep: [], removed: [], failure: error })),
    ...stores.map(({ store, keep, remove }) => ({ store, keep, removed: remove, failure: undefined })),
  ];
}

function tell({ reporter }: Invocation, { store, keep, removed, failure }: StorePruneReport, dryRun: boolean): void {
  const { stdout } = reporter;
  const bytes = removed.reduce((sum, each) => sum + each.bytes, 0);
  const went =
    removed.length === 0 ? 'nothing to remove' : `${dryRun ? 'would remove' : 'removed'} ${formatBytes(bytes)}`;
  reporter.line(`${paint(stdout, 'bold', store.place)}  ${went}`);
  for (const { id, unfinished } of removed) {
    reporter.line(`  ${paint(stdout, 'red', '-')} ${id}${unfinished ? '  unfinished' : ''}`);
  }
  for (const { id, because } of keep) reporter.line(`    ${id}  ${paint(stdout, 'dim', because.join(', '))}`);
  if (failure) reporter.error(failure, store.place);
}

function toDocument({ store, keep, removed, failure }: StorePruneReport): object {
  const { name, place } = store;
  return { name, place, keep, removed, ...(failure ? { error: errorDocument(failure) } : {}) };
}
