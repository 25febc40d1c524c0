import type { Instance } from '@atriz/database';
import { withPatience } from './patience.ts';

/** What became of one instance. */
export type InstanceOutcome<Result> = { readonly instance: Instance; readonly durationMs: number } & (
  | { readonly status: 'done'; readonly result: Result }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'skipped'; readonly because: string }
);

export interface InstanceRunOptions<Result> {
  /** How many at once. */
  readonly concurrency: number;
  /** After this many failures no other instance is begun. Default: one that fails stops no other. */
  readonly maxFailures?: number | undefined;
  /** When it aborts, no other instance is begun. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each instance as it ends, in the order in which they end; not of those that were skipped. */
  readonly onOutcome?: ((outcome: InstanceOutcome<Result>) => void) | undefined;
}

/**
 * Runs `work` for each instance, in their order, `concurrency` of them at a time. Never rejects: one outcome for each
 * instance, in the order of the list.
 */
export async function runOverInstances<Result>(
  instances: readonly Instance[],
  work: (instance: Instance) => Promise<Result>,
  { concurrency, maxFailures = Infinity, signal, onOutcome }: InstanceRunOptions<Result>,
): Promise<InstanceOutcome<Result>[]> {
  const outcomes: InstanceOutcome<Result>[] = [];
  let next = 0;
  let failures = 0;
  const worker = async (): Promise<void> => {
    while (next < instances.length) {
      const index = next;
      const instance = instances[index]!;
      next += 1;
      const obstacle = findObstacle();
      if (obstacle !== undefined) {
        outcomes[index] = { instance, durationMs: 0, status: 'skipped', because: obstacle };
        continue;
      }
      const outcome = await attempt(instance, () => withPatience(() => work(instance), { signal }));
      if (outcome.status === 'failed') failures += 1;
      outcomes[index] = outcome;
      onOutcome?.(outcome);
    }
  };
  const findObstacle = (): string | undefined => {
    if (signal?.aborted) return 'the run was interrupted';
    return failures >= maxFailures ? `${failures} failed before it` : undefined;
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, instances.length) }, worker));
  return outcomes;
}

async function attempt<Result>(instance: Instance, work: () => Promise<Result>): Promise<InstanceOutcome<Result>> {
  const start = performance.now();
  try {
    const result = await work();
    return { instance, durationMs: performance.now() - start, status: 'done', result };
  } catch (error) {
    return { instance, durationMs: performance.now() - start, status: 'failed', error };
  }
}
