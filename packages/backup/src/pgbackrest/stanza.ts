import { access } from 'node:fs/promises';
import { AtrizError } from '@atriz/database';
import type { Context, Target } from '@atriz/lifecycle';
import type { PgbackrestSettings } from '../settings/pgbackrest-settings.ts';
import { readBackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { ownerOf } from './account.ts';
import { readConfigurationFile } from './setup/configuration-file.ts';
import { readOption } from './setup/configuration.ts';
import { parseInfo, type StanzaInfo } from './info.ts';
import { findProgram, runPgbackrest, type Stanza } from './program.ts';
import { oneServer } from './server.ts';

/** A stanza that `init` configured, with what its file says; its server may be lost. */
export interface ConfiguredStanza extends Stanza {
  /** Where the server keeps its data, or kept it. */
  readonly dataDirectory: string;
  /** A database of the server, for its connection; nothing has been connected to. */
  readonly target: Target;
}

/** What the variables say of pgBackRest. Throws `BACKUP_NOT_CONFIGURED` where they do not, and what reading settings does. */
export function requireSettings(workspace: BackupWorkspace): PgbackrestSettings {
  const { pgbackrest } = readBackupSettings(workspace);
  if (pgbackrest) return pgbackrest;
  throw new AtrizError('BACKUP_NOT_CONFIGURED', 'nothing says where pgBackRest’s configuration is', {
    hint: 'set BACKUP_PGBACKREST_CONFIG to its file, such as /etc/pgbackrest/pgbackrest.conf, then: atriz backup pgbackrest init',
  });
}

export function contextOf(workspace: BackupWorkspace, { database }: Pick<Target, 'database'>): Context {
  return workspace.contextFor(database.name);
}

/** Opens the databases of these names: the family, unless some were chosen. */
export function openTargets(workspace: BackupWorkspace, databases: readonly string[] | undefined): Promise<Target[]> {
  const names = databases ?? workspace.family.databases.map(({ name }) => name);
  return Promise.all(names.map((name) => workspace.open(name)));
}

/**
 * Opens the stanza of the server that the databases are on. The server need not run. Throws `BACKUP_NOT_CONFIGURED`
 * before `init`, `CLIENT_TOOLS_MISSING`, `PERMISSION_DENIED`.
 */
export async function openStanza(
  workspace: BackupWorkspace,
  databases?: readonly string[] | undefined,
): Promise<ConfiguredStanza> {
  const settings = requireSettings(workspace);
  const target = oneServer(await openTargets(workspace, databases));
  const program = await findProgram(workspace.environment.find('PATH', ['process'])?.value);
  const text = await readConfigurationFile(settings.config);
  const dataDirectory = text && readOption(text, settings.stanza, 'pg1-path');
  if (!dataDirectory) {
    const found = text === undefined ? 'is not there' : `has no stanza ${settings.stanza}`;
    throw new AtrizError('BACKUP_NOT_CONFIGURED', `${settings.config} ${found}`, {
      hint: 'write it: atriz backup pgbackrest init',
    });
  }
  const isThere = await access(dataDirectory).then(
    () => true,
    () => false,
  );
  const account = await ownerOf(isThere ? dataDirectory : settings.config);
  return { name: settings.stanza, config: settings.config, program, account, dataDirectory, target };
}

/** What the repository holds of the stanza. Writes nothing, and needs no server. */
export async function readInfo(stanza: Stanza, context: Context = {}): Promise<StanzaInfo> {
  return parseInfo(await runPgbackrest(stanza, ['info', '--output=json'], { context }), stanza.name);
}

/** What the repository holds of the server that the databases are on. Throws as `openStanza` does. */
export async function readStanza(workspace: BackupWorkspace, databases?: readonly string[]): Promise<StanzaInfo> {
  const stanza = await openStanza(workspace, databases);
  return readInfo(stanza, contextOf(workspace, stanza.target));
}
