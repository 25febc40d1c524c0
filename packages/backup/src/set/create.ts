import { VERSION } from '@atriz/lifecycle';
import { createSetCipher } from '../keys/set-cipher.ts';
import { MANIFEST_FORMAT, type Manifest } from '../manifest/manifest.ts';
import type { Captured } from '../engines/engine.ts';
import type { Store } from '../stores/store.ts';
import type { StoreFailure } from '../stream/tee.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { readCommit } from './commit.ts';
import { createGathering, type Gathering } from './gathering.ts';
import { writeManifest } from './manifest-file.ts';
import { createSetId } from './name.ts';
import { planSet, type PlanSetOptions, type SetPlan } from './plan.ts';
import { removeSet } from './remove.ts';

export interface CreateSetOptions extends PlanSetOptions {
  readonly purpose: Manifest['purpose'];
  readonly runId: string;
  /** Take each database at a snapshot of its own where no common one can be had. Default false: `BACKUP_INCONSISTENT`. */
  readonly perDatabase?: boolean | undefined;
  /** Told what the set will be, before anything of it is made. */
  readonly onPlan?: ((plan: SetPlan) => void) | undefined;
}

/** A set that is there. */
export interface CreatedSet {
  readonly id: string;
  readonly manifest: Manifest;
  /** What a proof is about. */
  readonly manifestSha256: string;
  /** Those that have it. */
  readonly stores: readonly Store[];
  /** Those that have not, and why; nothing of it stays there, as far as they could be reached. */
  readonly failures: readonly StoreFailure[];
  readonly warnings: readonly string[];
}

/**
 * Makes a set of the databases, in all the stores at once. Its manifest is written last, so that a run that is killed
 * leaves a folder that is no set; one that fails or is interrupted removes what it wrote, as far as stores can be reached.
 * A store that fails is left out, and told; the last one's failure is the set's.
 *
 * Changes nothing in a database, and may run at the same time as another one, or a migration, which it then waits for.
 * Throws what `planSet` does, `BACKUP_INCONSISTENT`, `PERMISSION_DENIED` (rows that the login may not see),
 * `CLIENT_TOOL_FAILED`, `BACKUP_STORE_FAILED`, `DISK_FULL`, `INTERRUPTED`.
 */
export async function createSet(workspace: BackupWorkspace, options: CreateSetOptions): Promise<CreatedSet> {
  const plan = await planSet(workspace, options);
  options.onPlan?.(plan);
  const { settings, engine, targets, keys } = plan;
  const context = workspace.contextFor(targets[0]!.database.name);
  const { signal, now = Date.now } = context;
  const id = createSetId(new Date(now()));
  const cipher = settings.encryption && settings.key ? await createSetCipher(settings.key) : undefined;
  const { compression } = settings;
  const gathering = createGathering(workspace, { id, stores: plan.stores, compression, cipher, signal, now });
  try {
    await gathering.storeKey();
    const captured = await engine.backUp(targets, gathering.sink, {
      context,
      jobs: settings.jobs,
      perDatabase: options.perDatabase ?? false,
    });
    const manifest: Manifest = {
      format: MANIFEST_FORMAT,
      id,
      ...contentOf(plan, gathering, captured),
      finishedAt: new Date(now()).toISOString(),
      commit: await readCommit(workspace.family.root),
      purpose: options.purpose,
      runId: options.runId,
      encryption: cipher?.encryption ?? null,
    };
    const { sha256, failures } = await writeManifest(gathering.stores(), manifest, { signer: keys.signer, signal });
    gathering.leaveOut(failures);
    await removeFrom(gathering.failures(), id);
    return {
      id,
      manifest,
      manifestSha256: sha256,
      stores: gathering.stores(),
      failures: gathering.failures(),
      warnings: plan.warnings,
    };
  } catch (error) {
    await removeFrom(
      plan.stores.map((store) => ({ store })),
      id,
    );
    throw error;
  }
}

function contentOf(
  { settings, engine, targets }: SetPlan,
  gathering: Gathering,
  { consistency, servers }: Captured,
): Pick<
  Manifest,
  | 'family'
  | 'environment'
  | 'takenAt'
  | 'atrizVersion'
  | 'engine'
  | 'consistency'
  | 'compression'
  | 'servers'
  | 'databases'
  | 'files'
> {
  const [first] = targets;
  const databases = targets.map(({ database }) => gathering.databases.get(database.name)!);
  return {
    family: first!.family,
    environment: first!.environment,
    takenAt: databases.map(({ takenAt }) => takenAt).toSorted()[0]!,
    atrizVersion: VERSION,
    engine: engine.name,
    consistency,
    compression: settings.compression.method,
    servers: [...servers],
    databases,
    files: [...gathering.files()],
  };
}

/** The first error wins: what a store does not let be removed stays, and is no set without its manifest. */
async function removeFrom(stores: readonly Pick<StoreFailure, 'store'>[], id: string): Promise<void> {
  await Promise.all(stores.map(({ store }) => removeSet(store, id).catch(() => undefined)));
}
