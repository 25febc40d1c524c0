import type { Context } from '@atriz/lifecycle';
import { readArchiveStatus } from '../pgbackrest/archive-status.ts';
import { verifySet, type VerifyReport } from '../proof/verify.ts';
import { findSet } from '../set/find.ts';
import { readBackupSettings } from '../settings/settings.ts';
import type { Store } from '../stores/store.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { measure, measureRecoveryPoint, type Objective, type RecoveryPoint } from './objectives.ts';

/** What a drill found. */
export interface DrillReport {
  readonly set: string;
  readonly takenAt: Date;
  /** Where the set was read from. */
  readonly store: Pick<Store, 'name' | 'place'>;
  readonly startedAt: Date;
  readonly verification: VerifyReport;
  /** Whether the set is proven by this drill. */
  readonly proven: boolean;
  /** Of the restore alone, until every database could be asked; null where it was not come to. */
  readonly restoreMs: number | null;
  /** Recovery time: from the first look for a set until its databases were restored and found to be what it says. */
  readonly rto: Objective;
  /** Recovery point: what would have been lost, had everything been lost when the drill began. */
  readonly rpo: RecoveryPoint;
}

export interface DrillOptions {
  /** Default: the newest set. */
  readonly id?: string | undefined;
  /** The one store to read it from: `folder`, `s3` or `gcs`. Default: all, in the order of the settings. */
  readonly store?: string | undefined;
  readonly context: Context;
}

/**
 * Does what a disaster would ask for, beside everything that exists: finds the newest set, reads it whole, restores it
 * into scratch databases, and compares them with what it says. Takes the time of it, and writes the proof into each store
 * that has the set. Nothing of the family is touched.
 *
 * What would be lost is the set's age; with pgBackRest, what its archive may be behind. A set that is found wanting, or an
 * objective that is missed, is in the report. Throws what keeps it from finding out: what `findSet` and `verifySet` throw.
 */
export async function runDrill(workspace: BackupWorkspace, { id, store, context }: DrillOptions): Promise<DrillReport> {
  const { now = Date.now } = context;
  const startedAt = new Date(now());
  const start = performance.now();
  const { limits } = readBackupSettings(workspace);
  // A server that is away cannot say how far its archive is; then the set's age is what would be lost.
  const archive = await readArchiveStatus(workspace).catch(() => undefined);
  const reader = await findSet(workspace, { id, store, context });
  const verification = await verifySet(workspace, reader, { restore: true, context });
  const takenMs = Math.round(performance.now() - start);
  const proven = verification.proof !== undefined;
  const takenAt = new Date(reader.manifest.takenAt);
  const archiveMs = archive ? (archive.lossSeconds ?? Infinity) * 1000 : undefined;
  return {
    set: reader.manifest.id,
    takenAt,
    store: { name: reader.store.name, place: reader.store.place },
    startedAt,
    verification,
    proven,
    restoreMs: verification.restored ? Math.round(verification.restored.restoreMs) : null,
    rto: measure(proven ? takenMs : undefined, limits.rtoMinutes),
    rpo: measureRecoveryPoint({ takenAt, now: startedAt, archiveMs }, limits.rpoMinutes),
  };
}
