import { AtrizError } from '@atriz/database';
import { paint, type Stream } from './terminal.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LEVELS)[number];

/** Where results go (stdout) and where everything said on the way goes (stderr). */
export interface Reporter {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Whether statements are wanted. */
  readonly debug: boolean;
  /** Whether what `progress` says replaces itself. */
  readonly live: boolean;
  /** A line of result. Silent with `--json`, whose document is the result. */
  line(text: string): void;
  /** The one JSON document of a `--json` run. */
  json(document: unknown): void;
  /** What is being done right now: replaces itself on a terminal, a line elsewhere. */
  progress(subject: string, message: string): void;
  /** A statement that was sent, with the time its answer took. */
  statement(subject: string, text: string, durationMs: number): void;
  /** An error, and what it is about where there is more than one thing that it could be about. */
  error(error: unknown, subject?: string): void;
  /** Removes what `progress` left on the terminal. */
  settle(): void;
}

export interface ReporterOptions {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly json: boolean;
  readonly level: LogLevel;
}

/** Reads `LOG_LEVEL`; absent is `info`. Throws `SETTING_INVALID`. */
export function readLogLevel(text: string | undefined): LogLevel {
  const level = LEVELS.find((each) => each === (text || 'info').toLowerCase());
  if (level) return level;
  throw new AtrizError('SETTING_INVALID', `LOG_LEVEL is "${text}"`, { hint: `set it to one of: ${LEVELS.join(', ')}` });
}

export function createReporter({ stdout, stderr, json, level }: ReporterOptions): Reporter {
  const rank = LEVELS.indexOf(level);
  const isLive = Boolean(stderr.isTTY) && level === 'info';
  let live = false;
  const settle = (): void => {
    if (live) stderr.write('\r\u001B[2K');
    live = false;
  };
  const log = (text: string): void => {
    settle();
    stderr.write(`${text}\n`);
  };
  return {
    stdout,
    stderr,
    debug: level === 'debug',
    live: isLive,
    settle,
    line(text) {
      if (json) return;
      settle();
      stdout.write(`${text}\n`);
    },
    json(document) {
      settle();
      stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
    },
    progress(subject, message) {
      if (rank > LEVELS.indexOf('info')) return;
      const text = subject ? `${subject}: ${message}` : message;
      if (!isLive) return log(paint(stderr, 'dim', text));
      const room = Math.max(20, (stderr.columns || 80) - 1);
      stderr.write(`\r\u001B[2K${paint(stderr, 'dim', text.slice(0, room))}`);
      live = true;
    },
    statement(subject, text, durationMs) {
      log(paint(stderr, 'dim', `${subject}: ${durationMs.toFixed(1)} ms  ${text.trim().replaceAll(/\s+/g, ' ')}`));
    },
    error(error, subject) {
      if (rank > LEVELS.indexOf('error')) return;
      const [first, ...rest] = formatError(error, stderr, level === 'debug');
      log(subject ? `${subject}: ${first}` : first!);
      for (const text of rest) log(text);
    },
  };
}

/** What, in the first lines; what to do about it, in the last. The stack only when it is a fault of ours, or asked for. */
function formatError(error: unknown, stream: Stream, withStack: boolean): string[] {
  const label = (code: string): string => paint(stream, ['red', 'bold'], code);
  if (!(error instanceof AtrizError)) {
    const text = error instanceof Error ? (withStack ? error.stack : error.message) : String(error);
    return [`${label('error')} ${text}`, ...(withStack ? [] : [hint(stream, 'set LOG_LEVEL=debug to see where')])];
  }
  const stack = withStack && error.stack ? [paint(stream, 'dim', error.stack)] : [];
  return [`${label(error.code)} ${error.message}`, ...(error.hint ? [hint(stream, error.hint)] : []), ...stack];
}

function hint(stream: Stream, text: string): string {
  return `${paint(stream, 'cyan', 'hint')} ${text}`;
}
