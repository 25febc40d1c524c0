import { AtrizError } from '@atriz/database';
import {
  checkIdentity,
  readIdentity,
  withMaintenanceSession,
  withSession,
  type Context,
  type Target,
} from '@atriz/lifecycle';
import type { PgbackrestSettings } from '../../settings/pgbackrest-settings.ts';
import type { BackupWorkspace } from '../../workspace.ts';
import { ownerOf, type Account } from '../account.ts';
import {
  makeDirectory,
  outcomeOf,
  readConfigurationFile,
  writeConfigurationFile,
  type FileOutcome,
} from './configuration-file.ts';
import { formatConfiguration } from './configuration.ts';
import { findProgram, readVersion, runPgbackrest, type Stanza } from '../program.ts';
import {
  applySettings,
  archiveCommandOf,
  planSettings,
  readServerSettings,
  type SettingsPlan,
} from './server-settings.ts';
import { oneServer, readLiveServer } from '../server.ts';
import { contextOf, openTargets, requireSettings } from '../stanza.ts';
import { checkVersion } from './version.ts';

/** What `init` would do, and has nothing of it done. */
export interface InitPlan {
  readonly stanza: Stanza;
  readonly settings: PgbackrestSettings;
  readonly target: Target;
  readonly text: string;
  readonly file: FileOutcome;
  readonly server: SettingsPlan;
}

/** What `init` did. */
export interface InitResult {
  readonly stanza: string;
  readonly config: string;
  readonly file: FileOutcome;
  /** Where the file that was there is now. */
  readonly kept: string | undefined;
  readonly changes: SettingsPlan['changes'];
  /** The settings that the server takes over at its next start only; nothing is archived before. */
  readonly restart: readonly string[];
  /** Whether a segment was archived and found in the repository; not before the restart. */
  readonly checked: boolean;
}

export interface InitOptions {
  /** The databases whose server it is about. Default: the family. */
  readonly databases?: readonly string[] | undefined;
}

/**
 * Finds out what has to be written and set for the family's server to be backed up by pgBackRest. Writes nothing.
 *
 * Throws `BACKUP_NOT_CONFIGURED`, `CLIENT_TOOLS_MISSING`, `BACKUP_VERSION`, `PERMISSION_DENIED`, `IDENTITY_MISMATCH` and
 * connection errors.
 */
export async function planInit(workspace: BackupWorkspace, { databases }: InitOptions = {}): Promise<InitPlan> {
  const settings = requireSettings(workspace);
  const program = await findProgram(workspace.environment.find('PATH', ['process'])?.value);
  const targets = await openTargets(workspace, databases);
  const target = oneServer(targets);
  const context = contextOf(workspace, target);
  for (const each of targets) await refuseForeign(each, contextOf(workspace, each));
  const { major, dataDirectory } = await readLiveServer(target, context);
  checkVersion(await readVersion(program), major);
  const account = await ownerOf(dataDirectory);
  const stanza: Stanza = { name: settings.stanza, config: settings.config, program, account };
  const text = formatConfiguration({
    ...settings,
    cipherPass: settings.cipherPass,
    server: { dataDirectory, port: target.parameters.port, user: target.parameters.user },
  });
  const wanted = {
    archiveCommand: archiveCommandOf(stanza),
    archiveTimeoutSeconds: settings.archiveTimeoutSeconds,
  };
  const found = await withMaintenanceSession(target, context, readServerSettings);
  return {
    stanza,
    settings,
    target,
    text,
    file: outcomeOf(await readConfigurationFile(settings.config), text),
    server: planSettings(found, wanted),
  };
}

/** A server is the family's where no database of it is another's; one that is not made yet is nobody's. */
async function refuseForeign(target: Target, context: Context): Promise<void> {
  try {
    const identity = await withSession(target.parameters, context, readIdentity);
    if (identity) checkIdentity(identity, target);
  } catch (error) {
    if (!(error instanceof AtrizError) || error.code !== 'DATABASE_MISSING') throw error;
  }
}

/**
 * Writes the configuration, makes the stanza, sets the server, and has pgBackRest check that a segment arrives. In this
 * order: the server is never told of a stanza that is not there. What was done already is not done again, so it can be
 * run at any time, and has to be run again after the restart that `archive_mode` needs. It never restarts a server.
 *
 * Throws what `failureOf` makes of pgBackRest's errors, such as `BACKUP_FOREIGN` for another cluster's stanza.
 */
export async function runInit(workspace: BackupWorkspace, plan: InitPlan): Promise<InitResult> {
  const { stanza, settings, target, text, file, server } = plan;
  const context = contextOf(workspace, target);
  await makeRepository(settings, stanza.account);
  const now = new Date(context.now?.() ?? Date.now());
  const suffix = `before-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  const kept = await writeConfigurationFile(settings.config, text, { account: stanza.account, suffix });
  context.onProgress?.(`${settings.config}: ${file}`);
  const options = { context, server: target.parameters };
  await runPgbackrest(stanza, ['stanza-create'], options);
  await withMaintenanceSession(target, context, (client) => applySettings(client, server.changes));
  const restart = [...server.waiting, ...server.changes.filter((each) => each.restart).map(({ name }) => name)];
  const checked = restart.length === 0;
  if (checked) await runPgbackrest(stanza, ['check'], options);
  return { stanza: stanza.name, config: settings.config, file, kept, changes: server.changes, restart, checked };
}

async function makeRepository({ repository }: PgbackrestSettings, account: Account | undefined): Promise<void> {
  if (repository.kind === 'folder') await makeDirectory(repository.directory, { account, mode: 0o750 });
}
