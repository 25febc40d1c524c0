import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Target } from '@atriz/lifecycle';
import { readBackupSettings } from '../../settings/settings.ts';
import type { BackupWorkspace } from '../../workspace.ts';
import { checkFamily, type FamilyCheck } from './family-check.ts';
import { findPostgres } from './postgres-program.ts';
import { startRecovered } from './recovered-server.ts';
import { planRecovery, type RecoveryRequest } from './recovery-plan.ts';
import { describeTarget } from './recovery-target.ts';
import { isFree, removeRestored, restoreDirectory } from './restore-directory.ts';
import { contextOf, openTargets } from '../stanza.ts';

export interface AsOfRequest extends RecoveryRequest {
  /** A new data directory, relative to the workspace's root. */
  readonly directory?: string | undefined;
  /** Over the stopped server's own data directory. */
  readonly inPlace?: boolean | undefined;
  readonly databases?: readonly string[] | undefined;
}

/** What a recovery did. */
export interface AsOfReport extends FamilyCheck {
  readonly stanza: string;
  /** The backup that it began with. */
  readonly backup: string;
  /** The moment that was asked for. */
  readonly target: string;
  /** When the last transaction that is in it was committed; null where none came after the backup. */
  readonly recoveredTo: string | null;
  /** Whether the server was there and handed over what it had not archived yet. */
  readonly archived: boolean;
  readonly directory: string;
  /** The command that starts it. */
  readonly start: string;
  readonly durationMs: number;
}

/**
 * Brings the whole server back to a moment: into a new data directory, or over its own. It is started once, where nobody
 * reaches it, so that it recovers; that the databases are the family's, and where their references lead, is looked at
 * then; and it is ended in order. Starting it in earnest is left to whoever runs servers here.
 *
 * Throws as `planRecovery`, `restoreDirectory` and `startRecovered` do, all that can be known beforehand before anything
 * is touched; a new directory is removed then. In place throws `DESTRUCTIVE_REFUSED` unless `ATRIZ_ALLOW_DESTRUCTIVE`
 * names every database of the server: while it is stopped, none can say whether it is protected.
 */
export async function restoreAsOf(workspace: BackupWorkspace, request: AsOfRequest): Promise<AsOfReport> {
  const start = performance.now();
  const targets = await openTargets(workspace, request.databases);
  if (request.inPlace) targets.forEach((target) => refuseUnnamed(target, workspace));
  const wanted = directoryOf(workspace, request);
  const isNew = wanted === undefined ? false : await isFree(wanted);
  const plan = await planRecovery(workspace, request.databases, request);
  const { stanza, backup, major, recovery } = plan;
  const program = await findPostgres(major, readBackupSettings(workspace).programs);
  const directory = wanted ?? stanza.dataDirectory;
  const context = contextOf(workspace, stanza.target);
  await restoreDirectory(plan, { directory, context, inPlace: request.inPlace });
  try {
    const { account, target } = stanza;
    await using server = await startRecovered(directory, {
      program,
      account,
      user: target.parameters.user,
      recovery,
      context,
    });
    const family = await checkFamily(targets, server.parameters, context);
    return {
      stanza: stanza.name,
      backup: backup.label,
      target: describeTarget(recovery),
      recoveredTo: server.recoveredTo?.toISOString() ?? null,
      archived: plan.archived,
      directory,
      start: await startCommand(program, directory),
      ...family,
      durationMs: performance.now() - start,
    };
  } catch (error) {
    if (!request.inPlace) await removeRestored(directory, { itself: isNew });
    throw error;
  }
}

/** `undefined` for the server's own. */
function directoryOf({ family }: BackupWorkspace, { directory, inPlace }: AsOfRequest): string | undefined {
  if ((directory === undefined) === (inPlace ?? false)) {
    return directory === undefined ? undefined : resolve(family.root, directory);
  }
  throw new AtrizError('ARGUMENT_INVALID', 'a server is restored into a new directory or in place', {
    hint: 'add --directory DIR, or --in-place, or name one database to get it back beside the others: --database NAME',
  });
}

function refuseUnnamed({ database, parameters }: Target, workspace: BackupWorkspace): void {
  const { allowDestructive = '' } = workspace.contextFor(database.name);
  const allowed = allowDestructive.split(',').map((name) => name.trim());
  if (allowed.includes(database.name)) return;
  throw new AtrizError('DESTRUCTIVE_REFUSED', `refused to replace "${parameters.database}" as it is`, {
    hint: 'in place takes every database of the server back; name them all, with commas: ATRIZ_ALLOW_DESTRUCTIVE=NAME,NAME',
  });
}

/** On Debian the configuration is not in the data directory, and no backup has it. */
async function startCommand(program: string, directory: string): Promise<string> {
  const hasConfiguration = await access(join(directory, 'postgresql.conf')).then(
    () => true,
    () => false,
  );
  const option = hasConfiguration ? '' : ' -o "-c config_file=/PATH/TO/postgresql.conf"';
  return `${join(dirname(program), 'pg_ctl')} start -D ${directory}${option}`;
}
