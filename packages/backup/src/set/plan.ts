import { AtrizError } from '@atriz/database';
import { checkIdentity, readIdentity, withSession, type Context, type Target } from '@atriz/lifecycle';
import type { Engine } from '../engines/engine.ts';
import { openKeys, type BackupKeys } from '../keys/keys.ts';
import { describeNewKey } from '../keys/new-key.ts';
import { readBackupSettings, type BackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { Store } from '../stores/store.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { listSets } from './list.ts';
import { chooseEngine, type EngineChoice } from './engines.ts';

/** What a set is going to be, decided and checked before anything is made. */
export interface SetPlan {
  readonly settings: BackupSettings;
  readonly keys: BackupKeys;
  readonly engine: Engine;
  /** In dependency order. */
  readonly targets: readonly Target[];
  readonly stores: readonly Store[];
  /** What is well to know before it begins. */
  readonly warnings: readonly string[];
}

export interface PlanSetOptions {
  /** The definitions' names; the order does not matter. */
  readonly databases: readonly string[];
  /** The one store to write to: `folder`, `s3` or `gcs`. Default: all that are configured. */
  readonly store?: string | undefined;
  /** Default: what `BACKUP_ENGINE` says. */
  readonly engine?: EngineChoice | undefined;
}

/**
 * Decides what a set will be, and makes sure that it can be: settings, keys, each database reached and found to be the one
 * that it should be, an engine. Changes nothing, and asks no store.
 *
 * A database that was never migrated is taken along with a warning, for nobody can say then whose it is. Throws
 * `BACKUP_NOT_CONFIGURED`, `BACKUP_KEY_MISSING`, `SETTING_INVALID`, `DATABASE_MISSING`, `IDENTITY_MISMATCH`,
 * `CLIENT_TOOLS_MISSING` and connection errors.
 */
export async function planSet(workspace: BackupWorkspace, options: PlanSetOptions): Promise<SetPlan> {
  const settings = readBackupSettings(workspace);
  const stores = openStores(settings, { only: options.store });
  const chosen = workspace.family.databases.filter(({ name }) => options.databases.includes(name));
  if (chosen.length === 0) {
    throw new AtrizError('ARGUMENT_INVALID', 'there is no database to back up', {
      hint: 'declare one in a package: database.config.ts',
    });
  }
  const targets = await Promise.all(chosen.map(({ name }) => workspace.open(name)));
  const known = await Promise.all(
    targets.map((target) => checkTarget(target, workspace.contextFor(target.database.name))),
  );
  const unmigrated = targets.filter((_, index) => !known[index]).map(({ database }) => database.name);
  const keys = await openKeys(settings, workspace);
  const newKey = await describeKey(settings, { stores, keys, signal: workspace.contextFor(chosen[0]!.name).signal });
  const engine = await chooseEngine(workspace, targets, { ...settings, engine: options.engine ?? settings.engine });
  return {
    settings,
    keys,
    engine,
    targets,
    stores,
    warnings: [
      ...(newKey === undefined ? [] : [newKey]),
      ...unmigrated.map((name) => `${name} was never migrated: no ledger says that it is this family\u2019s`),
    ],
  };
}

/** What is to be said of a key that no set was made with yet. A store that cannot be listed has a say when it is written to. */
async function describeKey(
  settings: BackupSettings,
  { stores, keys, signal }: Pick<SetPlan, 'stores' | 'keys'> & Pick<Context, 'signal'>,
): Promise<string | undefined> {
  if (!settings.encryption) return undefined;
  return describeNewKey(settings, await listSets(stores, keys, { signal, onStoreFailure: () => undefined }));
}

/** Whether its ledger says that it is the one meant; false where it has none. */
async function checkTarget(target: Target, context: Context): Promise<boolean> {
  return withSession(target.parameters, context, async (client) => {
    const identity = await readIdentity(client);
    if (identity) checkIdentity(identity, target);
    return identity !== undefined;
  });
}
