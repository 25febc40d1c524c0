import type { Manifest } from '../manifest/manifest.ts';

/** How large the newest set is among those that should be like it. */
export interface SizeTrend {
  readonly bytes: number;
  /** Of the sets before it. */
  readonly medianBytes: number;
  /** How many those are. */
  readonly sets: number;
  /** Less than half of the median, or more than twice. */
  readonly unusual: boolean;
}

const COMPARED = 10;
/** Fewer say nothing of what is usual. */
const LEAST_COMPARED = 3;
const LEAST_RATIO = 0.5;
const LARGEST_RATIO = 2;

/**
 * Compares the newest manifest with the ten before it that are of the same databases, made and compressed in the same
 * way. Undefined where there are fewer than three. Pure; newest first.
 */
export function readTrend([newest, ...older]: readonly Manifest[]): SizeTrend | undefined {
  if (newest === undefined) return undefined;
  const alike = older.filter((each) => likeness(each) === likeness(newest)).slice(0, COMPARED);
  if (alike.length < LEAST_COMPARED) return undefined;
  const bytes = bytesOf(newest);
  const medianBytes = median(alike.map(bytesOf));
  const unusual = bytes < medianBytes * LEAST_RATIO || bytes > medianBytes * LARGEST_RATIO;
  return { bytes, medianBytes, sets: alike.length, unusual };
}

function likeness({ databases, engine, compression }: Manifest): string {
  return JSON.stringify([databases.map(({ name }) => name).toSorted(), engine, compression]);
}

function bytesOf({ files }: Manifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return Math.round((sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2);
}
