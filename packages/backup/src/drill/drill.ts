import type { Context } from '@atriz/lifecycle';
import { readArchiveStatus } from '../pgbackrest/archive-status.ts';
import { CLOCK_TOLERANCE_MS } from '../retention/plan.ts';
import { verifySet, type VerifyReport } from '../proof/verify.ts';
import { findSet } from '../set/find.ts';
import { readBackupSettings } from '../settings/settings.ts';
import type { Store } from '../stores/store.ts';
import type { BackupWorkspace } from '../workspace.ts';

/** A time that was measured, against the longest that it may be. */
export interface Objective {
  /** Null where it was not come to, and where it is not known. */
  readonly measuredMs: number | null;
  readonly limitMs: number;
  readonly met: boolean;
}

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
  readonly rpo: Objective & { readonly by: 'set' | 'archive' };
}

export interface DrillOptions {
  /** Default: the newest set. */
  readonly id?: string | undefined;
  /** The one store to read it from: `folder`, `s3` or `gcs`. Default: all, in the order of the settings. */
  readonly store?: string | undefined;
  readonly context: Context;
}

const MINUTE_MS = 60_000;

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
  const ageMs = ageOf(takenAt, startedAt);
  const lossMs = (archive?.lossSeconds ?? Infinity) * 1000;
  return {
    set: reader.manifest.id,
    takenAt,
    store: { name: reader.store.name, place: reader.store.place },
    startedAt,
    verification,
    proven,
    restoreMs: verification.restored ? Math.round(verification.restored.restoreMs) : null,
    rto: measure(proven ? takenMs : null, limits.rtoMinutes),
    rpo:
      lossMs < (ageMs ?? Infinity)
        ? { ...measure(lossMs, limits.rpoMinutes), by: 'archive' }
        : { ...measure(ageMs ?? null, limits.rpoMinutes), by: 'set' },
  };
}

/** Undefined for a set of a time that is yet to come: a clock is wrong, and nothing is known of its age. */
function ageOf(takenAt: Date, now: Date): number | undefined {
  const ageMs = now.getTime() - takenAt.getTime();
  return ageMs < -CLOCK_TOLERANCE_MS ? undefined : Math.max(0, ageMs);
}

function measure(measuredMs: number | null, limitMinutes: number): Objective {
  const limitMs = limitMinutes * MINUTE_MS;
  return { measuredMs, limitMs, met: measuredMs !== null && measuredMs <= limitMs };
}
