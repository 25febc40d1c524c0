import type { Bar } from './row.ts';

/** The middle figure, or the mean of the two in the middle. Of nothing: NaN. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of the pairs' ratios, which a slow minute of the machine changes less than the ratio of the medians. */
export function pairedRatio(ours: readonly number[], peer: readonly number[]): number {
  return median(ours.map((figure, round) => figure / peer[round]!));
}

/** Compared as the table shows it, to two digits, so that no line says "1.15, at most 1.15, missed". */
export function meets(value: number, bar: Bar): boolean {
  const shown = Math.round(value * 100) / 100;
  return 'atMost' in bar ? shown <= bar.atMost : shown >= bar.atLeast;
}
