import { CLOCK_TOLERANCE_MS } from '../retention/plan.ts';

/** A time that was measured, against the longest that it may be. */
export interface Objective {
  /** Null where it was not come to, and where it is not known. */
  readonly measuredMs: number | null;
  readonly limitMs: number;
  readonly met: boolean;
}

/** What would be lost, and what that was measured by: the age of the set, or how far the archive of the log is behind. */
export interface RecoveryPoint extends Objective {
  readonly by: 'set' | 'archive';
}

export interface RecoveryPointFacts {
  readonly takenAt: Date;
  readonly now: Date;
  /** How much the archive may be behind; undefined without one, or where nothing bounds it. */
  readonly archiveMs: number | undefined;
}

const MINUTE_MS = 60_000;

/** Holds a time against its objective. Pure. */
export function measure(measuredMs: number | undefined, limitMinutes: number): Objective {
  const limitMs = limitMinutes * MINUTE_MS;
  return { measuredMs: measuredMs ?? null, limitMs, met: measuredMs !== undefined && measuredMs <= limitMs };
}

/**
 * What would be lost, were everything lost now: what is younger than the set, or than the end of the archive. A set of a
 * time that is yet to come was made by a clock that is wrong, so nothing is known of its age. Pure.
 */
export function measureRecoveryPoint(
  { takenAt, now, archiveMs = Infinity }: RecoveryPointFacts,
  limitMinutes: number,
): RecoveryPoint {
  const ageMs = now.getTime() - takenAt.getTime();
  const setMs = ageMs < -CLOCK_TOLERANCE_MS ? undefined : Math.max(0, ageMs);
  return archiveMs < (setMs ?? Infinity)
    ? { ...measure(archiveMs, limitMinutes), by: 'archive' }
    : { ...measure(setMs, limitMinutes), by: 'set' };
}
