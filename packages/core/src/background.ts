import type { AuthLogger } from './logger.ts';

/** Work that no answer waits for. */
export interface Background {
  /** Starts `work`. A rejection is logged as `what`. */
  run(what: string, work: () => Promise<void> | void): void;
  /** Resolves when all that was started has ended. */
  drain(): Promise<void>;
}

export function createBackground(logger: AuthLogger): Background {
  const running = new Set<Promise<void>>();
  const attempt = async (what: string, work: () => Promise<void> | void): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger.error({ err: error }, `${what} failed`);
    }
  };
  return {
    run(what, work) {
      const ended = attempt(what, work);
      running.add(ended);
      void ended.finally(() => running.delete(ended));
    },
    async drain() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
