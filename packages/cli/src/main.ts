import { AtrizError } from '@atriz/database';
import { CommanderError } from 'commander';
import { EXIT, exitCodeOfError } from './exit-code.ts';
import { errorDocument } from './family-command.ts';
import { createReporter, readLogLevel, type LogLevel } from './output/reporter.ts';
import { createProgram } from './program.ts';

const { stdout, stderr, stdin, env: variables } = process;
const interruption = new AbortController();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PATIENCE_MS = 1000;

// A reader that goes away (`| head`) ends the output, not the work: a migration is not stopped half-way for it.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
for (const signal of SIGNALS) process.on(signal, interrupt);

try {
  const surroundings = { directory: process.cwd(), variables, stdin, stdout, stderr, signal: interruption.signal };
  const program = createProgram(surroundings, (code) => {
    process.exitCode = code;
  });
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/**
 * Ends the run in an orderly way. One Ctrl-C can arrive several times, from the terminal and again from the pnpm or
 * turbo above us; only another one, a second later, ends the process on the spot.
 */
function interrupt(signal: NodeJS.Signals): void {
  if (interruption.signal.aborted) return;
  interruption.abort(new AtrizError('INTERRUPTED', `stopped by ${signal}`));
  setTimeout(() => {
    for (const each of SIGNALS) process.off(each, interrupt);
  }, PATIENCE_MS).unref();
}

function report(thrown: unknown): number {
  // commander has printed what was asked for, or how the command is used
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.done;
  if (thrown instanceof CommanderError && thrown.code === 'commander.help') return EXIT.usage;
  const error = thrown instanceof CommanderError ? usageError(thrown) : thrown;
  const json = process.argv.includes('--json');
  const reporter = createReporter({ stdout, stderr, json, level: logLevel() });
  reporter.error(error);
  if (json) reporter.json({ error: errorDocument(error) });
  return exitCodeOfError(error);
}

function usageError({ message }: CommanderError): AtrizError {
  return new AtrizError('ARGUMENT_INVALID', message.replace(/^error: /, ''), {
    hint: 'add --help to see how the command is used',
  });
}

/** The error that is being told may be a wrong LOG_LEVEL. */
function logLevel(): LogLevel {
  try {
    return readLogLevel(variables['LOG_LEVEL']);
  } catch {
    return 'info';
  }
}
