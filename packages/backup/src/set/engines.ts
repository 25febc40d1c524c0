import { AtrizError } from '@atriz/database';
import { withSession, type Target } from '@atriz/lifecycle';
import type { Engine } from '../engines/engine.ts';
import { createLogicalEngine } from '../engines/logical/engine.ts';
import { findPrograms } from '../engines/logical/programs.ts';
import { createPhysicalEngine } from '../engines/physical/engine.ts';
import { findPhysicalObstacle } from '../engines/physical/requirements.ts';
import type { BackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';

export type EngineName = Engine['name'];
export type EngineChoice = BackupSettings['engine'];

type Settings = Pick<BackupSettings, 'programs' | 'engine'>;
type Workspace = Pick<BackupWorkspace, 'environment' | 'contextFor'>;

/** The engine of that name, such as the one that made a set. */
export function createEngine(name: EngineName, workspace: Workspace, { programs }: Pick<Settings, 'programs'>): Engine {
  return name === 'physical'
    ? createPhysicalEngine({ programs })
    : createLogicalEngine({ programs, path: pathOf(workspace) });
}

/**
 * The engine for a new set. `auto` is the logical one where `pg_dump` and `pg_restore` of at least the servers' version
 * are at hand: its sets hold the family and nothing else, and go into any newer server. Else the physical one, where all
 * the servers let this login take a base backup, as the embedded one does.
 *
 * Throws `CLIENT_TOOLS_MISSING` where neither is possible, saying what each lacks, and connection errors.
 */
export async function chooseEngine(
  workspace: Workspace,
  targets: readonly Target[],
  settings: Settings,
): Promise<Engine> {
  if (settings.engine !== 'auto') return createEngine(settings.engine, workspace, settings);
  const versions = await Promise.all(targets.map((target) => readVersion(workspace, target)));
  const options = { directory: settings.programs, path: pathOf(workspace), serverVersion: Math.max(...versions) };
  try {
    await findPrograms(options);
    return createEngine('logical', workspace, settings);
  } catch (error) {
    if (!(error instanceof AtrizError) || error.code !== 'CLIENT_TOOLS_MISSING') throw error;
    for (const target of targets) {
      const obstacle = await findPhysicalObstacle(target, workspace.contextFor(target.database.name));
      if (obstacle) throw neither(error, obstacle);
    }
    return createEngine('physical', workspace, settings);
  }
}

function neither(error: AtrizError, obstacle: AtrizError): AtrizError {
  const text = `${error.message}; and a physical backup is not possible either: ${obstacle.message}`;
  return new AtrizError('CLIENT_TOOLS_MISSING', text, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

async function readVersion({ contextFor }: Workspace, { parameters, database }: Target): Promise<number> {
  return withSession(parameters, contextFor(database.name), async (client) => {
    const { rows } = await client.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::integer AS version`,
    );
    return rows[0]!.version;
  });
}

function pathOf({ environment }: Workspace): string | undefined {
  return environment.find('PATH', ['process'])?.value;
}
