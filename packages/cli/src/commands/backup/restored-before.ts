import { dropOldDatabases, readOldDatabases, swapBack as swapDatabasesBack, type OldDatabase } from '@atriz/backup';
import { bringBackReplaced, dropReplaced, listReplaced } from '@atriz/server';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { confirm } from '../../confirm.ts';
import { EXIT } from '../../exit-code.ts';
import type { Invocation } from '../../invocation.ts';
import { paint } from '../../output/terminal.ts';
import { backupContext, chosenNames } from './scope.ts';

/** What restores in place put aside: databases, and the embedded server’s data where it was replaced as a whole. */
interface PutAside {
  readonly databases: readonly OldDatabase[];
  /** Directories, the oldest first; none where databases were chosen. */
  readonly servers: readonly string[];
}

/** Drops what earlier restores in place put aside. */
export async function dropOld(invocation: Invocation): Promise<number> {
  const { reporter, options, family } = invocation;
  const { databases, servers } = await readPutAside(invocation);
  const names = [...databases.map(({ databaseName }) => databaseName), ...servers];
  if (names.length > 0) {
    await confirm(invocation, `drop what restores put aside, with everything in it: ${names.join(', ')}`);
    await dropOldDatabases(databases, backupContext(invocation));
    for (const directory of servers) await dropReplaced(family.root, directory);
  }
  if (options.json) reporter.json({ dropped: names });
  else if (names.length === 0) reporter.line('no restore put anything aside');
  for (const name of names) reporter.line(`${paint(reporter.stdout, 'bold', name)}  dropped`);
  return EXIT.done;
}

/** Takes the last restore in place back: what it put aside is what is used again. */
export async function swapBack(invocation: Invocation): Promise<number> {
  const putAside = await readPutAside(invocation);
  const [server] = putAside.servers.toReversed();
  const newest = Math.max(0, ...putAside.databases.map(({ databaseName }) => momentOf(databaseName)));
  if (server !== undefined && momentOf(server) >= newest) return swapServerBack(invocation, server);
  return swapTheseBack(invocation, putAside.databases);
}

/** `x_before_20261121123046` and `y-before-20261121T123046Z` as one number. */
function momentOf(name: string): number {
  return Number(name.slice(-20).replaceAll(/\D/g, '').slice(-14));
}

async function swapServerBack(invocation: Invocation, directory: string): Promise<number> {
  const { reporter, options, family } = invocation;
  await confirm(invocation, `put the embedded server back to what it was before the last restore (${directory})`);
  const back = await bringBackReplaced(family.root, { onProgress: (message) => reporter.progress('', message) });
  if (options.json) reporter.json({ databases: [], server: { kept: back?.kept ?? null } });
  else
    reporter.line(`the embedded server is what it was before the restore; the restored one is kept in ${back?.kept}`);
  return EXIT.done;
}

async function swapTheseBack(invocation: Invocation, old: readonly OldDatabase[]): Promise<number> {
  const { reporter, options, databases } = invocation;
  const all = databases.map(({ name }) => name);
  // Without a choice: those that a restore took the place of, which need not be all.
  const names = options.database === undefined ? all.filter((name) => old.some((each) => each.name === name)) : all;
  if (names.length > 0) {
    await confirm(invocation, `take the last restore of ${names.join(', ')} back, ending the sessions in them`);
  }
  const swapped = await swapDatabasesBack(old, names, backupContext(invocation));
  if (options.json) reporter.json({ databases: swapped, server: null });
  else if (names.length === 0) reporter.line('no restore put anything aside');
  for (const { name, kept } of swapped) {
    const rest = kept === null ? '' : `; the restored one is kept as "${kept}"`;
    reporter.line(`${paint(reporter.stdout, 'bold', name)}  is what it was before the restore${rest}`);
  }
  return EXIT.done;
}

async function readPutAside(invocation: Invocation): Promise<PutAside> {
  const names = invocation.databases.map(({ name }) => name);
  const databases = await readOldDatabases(await openBackupWorkspace(invocation), names);
  const servers = chosenNames(invocation) === undefined ? await listReplaced(invocation.family.root) : [];
  return { databases, servers };
}
