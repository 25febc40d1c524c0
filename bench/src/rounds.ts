import type { Samples } from './row.ts';

/** Prepares what it needs untimed, does its work once, and resolves to its figure. */
export type Contestant = () => Promise<number>;

export interface RoundsOptions {
  /** How many paired runs count. Default 5; rows of a few milliseconds take more. */
  readonly rounds?: number;
  /** Told of each figure as it comes; the round of the warm-up is 0. */
  readonly onFigure?: (contestant: string, round: number, figure: number) => void;
}

/**
 * Runs the contestants in turn, round after round (A B A B …), after one warm-up round that does not count: what
 * disturbs the machine for a while disturbs all of them.
 */
export async function runRounds(
  contestants: Readonly<Record<string, Contestant>>,
  { rounds = 5, onFigure }: RoundsOptions = {},
): Promise<Samples> {
  const samples = Object.fromEntries(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(contestants)) {
      const figure = await run();
      onFigure?.(name, round, figure);
      if (round > 0) samples[name]!.push(figure);
    }
  }
  return samples;
}

/** The milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
