/** Work that can be stopped from outside. */
export type Task = (signal: AbortSignal) => Promise<void>;

/** Runs work when it is its turn. */
export type Slots = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** So many slots: work that finds none free waits, first come, first served. */
export function createSlots(count: number): Slots {
  let free = Math.max(1, count);
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

export interface RunAllOptions {
  /** How many are begun at once. Default: all. */
  readonly jobs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs tasks, begun in their order. After the first failure no other is begun, those under way are told to stop by their
 * signal, and when all have ended the call rejects with that first failure.
 */
export async function runAll(
  tasks: readonly Task[],
  { jobs = tasks.length, signal }: RunAllOptions = {},
): Promise<void> {
  const stopping = new AbortController();
  const both = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;
  const slots = createSlots(jobs);
  const failures: unknown[] = [];
  const run = async (task: Task): Promise<void> => {
    try {
      both.throwIfAborted();
      await task(both);
    } catch (error) {
      failures.push(error);
      stopping.abort();
    }
  };
  await Promise.all(tasks.map((task) => slots(() => run(task))));
  if (failures.length > 0) throw failures[0];
}
