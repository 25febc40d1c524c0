import { backUpServer, checkArchive, expireBackups, type BackupType } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT } from '../../exit-code.ts';
import type { Invocation } from '../../invocation.ts';
import { formatBytes } from '../../output/size.ts';
import { formatDuration, paint, plural } from '../../output/terminal.ts';
import { chosenNames } from './scope.ts';

export interface PgbackrestBackupOptions {
  readonly type?: BackupType | undefined;
}

export interface PgbackrestExpireOptions {
  readonly dryRun?: boolean | undefined;
}

/** Backs the server up. */
export async function backup(invocation: Invocation, { type }: PgbackrestBackupOptions): Promise<number> {
  const { reporter, options } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const made = await backUpServer(workspace, { type, databases: chosenNames(invocation) });
  if (options.json) reporter.json(made);
  else {
    const size = `${formatBytes(made.bytes)}, ${formatBytes(made.storedBytes)} of them new in the repository`;
    const time = formatDuration(made.finishedAt.getTime() - made.startedAt.getTime());
    reporter.line(`${paint(reporter.stdout, 'bold', made.label)}  ${made.type}  ${size}  ${time}`);
  }
  return EXIT.done;
}

/** Has a segment archived. */
export async function check(invocation: Invocation): Promise<number> {
  const { reporter, options } = invocation;
  await checkArchive(await openBackupWorkspace(invocation), chosenNames(invocation));
  if (options.json) reporter.json({ checked: true });
  else reporter.line(paint(reporter.stdout, 'green', 'the archive works: a segment was archived and found'));
  return EXIT.done;
}

/** Removes what retention lets go. */
export async function expire(invocation: Invocation, { dryRun = false }: PgbackrestExpireOptions): Promise<number> {
  const { reporter, options } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const { removed, kept } = await expireBackups(workspace, { dryRun, databases: chosenNames(invocation) });
  if (options.json) reporter.json({ dryRun, removed, kept: kept.map(({ label }) => label) });
  else {
    for (const label of removed)
      reporter.line(`${paint(reporter.stdout, 'bold', label)}  ${dryRun ? 'would go' : 'removed'}`);
    reporter.line(`${plural(kept.length, 'backup')} kept`);
  }
  return EXIT.done;
}
