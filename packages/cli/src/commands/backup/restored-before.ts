import { dropOldDatabases, readOldDatabases, swapBack as swapDatabasesBack } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { confirm } from '../../confirm.ts';
import { EXIT } from '../../exit-code.ts';
import type { Invocation } from '../../invocation.ts';
import { paint } from '../../output/terminal.ts';
import { backupContext } from './scope.ts';

/** Drops the databases that earlier restores in place put aside. */
export async function dropOld(invocation: Invocation): Promise<number> {
  const { reporter, options, databases } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const old = await readOldDatabases(
    workspace,
    databases.map(({ name }) => name),
  );
  const names = old.map(({ databaseName }) => databaseName);
  if (names.length > 0) {
    await confirm(invocation, `drop what restores put aside, with everything in it: ${names.join(', ')}`);
    await dropOldDatabases(old, backupContext(invocation));
  }
  if (options.json) reporter.json({ dropped: names });
  else if (names.length === 0) reporter.line('no restore put anything aside');
  for (const name of names) reporter.line(`${paint(reporter.stdout, 'bold', name)}  dropped`);
  return EXIT.done;
}

/** Takes the last restore in place back: what it put aside has its name again. */
export async function swapBack(invocation: Invocation): Promise<number> {
  const { reporter, options, databases } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const all = databases.map(({ name }) => name);
  const old = await readOldDatabases(workspace, all);
  // Without a choice: those that a restore took the place of, which need not be all.
  const names = options.database === undefined ? all.filter((name) => old.some((each) => each.name === name)) : all;
  if (names.length > 0) {
    await confirm(invocation, `take the last restore of ${names.join(', ')} back, ending the sessions in them`);
  }
  const swapped = await swapDatabasesBack(old, names, backupContext(invocation));
  if (options.json) reporter.json({ databases: swapped });
  else if (names.length === 0) reporter.line('no restore put anything aside');
  for (const { name, kept } of swapped) {
    const rest = kept === null ? '' : `; the restored one is kept as "${kept}"`;
    reporter.line(`${paint(reporter.stdout, 'bold', name)}  is what it was before the restore${rest}`);
  }
  return EXIT.done;
}
