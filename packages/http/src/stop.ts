import type { FastifyBaseLogger } from 'fastify';

export interface StopOptions {
  readonly stop: () => Promise<void>;
  readonly logger: FastifyBaseLogger;
  readonly graceMs: number;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** One Ctrl-C can arrive several times: from the terminal, and again from the pnpm above us. */
const ONE_SIGNAL_MS = 1000;
/** What closes pools has no more than this after the last request. */
const CLOSING_MS = 5000;

/**
 * Stops once the process is told to, or an error reaches nobody: exit code 0, or 1 after such an error. Where stopping
 * hangs, or a second signal comes a second later or more, the process ends at once.
 */
export function stopWhenTold({ stop, logger, graceMs }: StopOptions): void {
  let stopping = false;
  const begin = (exitCode: number): void => {
    process.exitCode = exitCode;
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    }, ONE_SIGNAL_MS).unref();
    setTimeout(() => endAtOnce('stopping took too long'), graceMs + CLOSING_MS).unref();
    stop().catch((error: unknown) => {
      logger.error({ err: error }, 'stopping failed');
      process.exitCode = 1;
    });
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!stopping) logger.info({ signal }, 'stopping');
    begin(0);
  };
  const endAtOnce = (reason: string): void => {
    logger.fatal(reason);
    process.kill(process.pid, 'SIGKILL');
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'an error that nobody caught: stopping');
    begin(1);
  });
}
