import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { AtrizError } from '@atriz/database';
import type { ChildConnection } from './child-connection.ts';

export interface ProgramOptions {
  readonly connection: ChildConnection;
  /** More descriptors, behind those of the connection. */
  readonly descriptors?: readonly number[];
  /** Ends the program; what waits for it rejects with `INTERRUPTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Whether exit code 1 is none to fail by, after what it wrote to standard error. Default: it always is. */
  readonly passes?: ((said: string) => boolean) | undefined;
}

/** A program that runs. */
export interface RunningProgram {
  readonly input: Writable;
  readonly output: Readable;
  /**
   * Resolves when it has ended with success, and rejects otherwise: `CLIENT_TOOL_FAILED` with the last that it said,
   * `DISK_FULL` where that was the server's reason, `CLIENT_TOOLS_MISSING`, `INTERRUPTED`.
   */
  readonly ended: Promise<void>;
  /** Ends it, if it still runs. */
  stop(): void;
}

const KEPT_CHARACTERS = 4000;
const SHOWN_LINES = 6;
/** How long a program has to cancel its statement on the server, before it is killed. */
const GRACE_MS = 2000;

/** Starts a program of PostgreSQL's. Nothing of the caller's own environment is passed on. */
export function startProgram(
  program: string,
  parameters: readonly string[],
  { connection, descriptors = [], signal, passes = () => false }: ProgramOptions,
): RunningProgram {
  const child = spawn(program, parameters, {
    env: connection.environment,
    stdio: ['pipe', 'pipe', 'pipe', ...connection.descriptors, ...descriptors],
    windowsHide: true,
  });
  const [input, output, errors] = [child.stdin!, child.stdout!, child.stderr!];
  let said = '';
  errors.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-KEPT_CHARACTERS)));
  input.on('error', () => undefined); // a program that ends early says why by its exit code
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    if (child.exitCode !== null || child.signalCode !== null || killing !== undefined) return;
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const ended = new Promise<void>((resolve, reject) => {
    const settle = (error?: AtrizError): void => {
      clearTimeout(killing);
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) reject(interrupted());
      else if (error) reject(error);
      else resolve();
    };
    child.once('error', (cause) => settle(notStarted(program, cause)));
    child.once('exit', (code, killedBy) => {
      if (code === 0) return settle();
      if (killedBy !== null) output.destroy(); // whoever it had started may keep the pipe open for ever
      const tell = (): void => {
        if (code === 1 && passes(said)) settle();
        else settle(failed(program, { code, killedBy, said: hide(said, connection.secret) }));
      };
      if (errors.readableEnded || killedBy !== null) tell();
      else errors.once('close', tell); // what it said last may still be in the pipe
    });
  });
  ended.catch(() => undefined); // told to whoever waits for it, who may come later
  return { input, output, ended, stop };
}

/**
 * What a program writes, as a stream that ends only after the program has ended with success, and else fails: half an
 * archive never looks like a whole one. The program is started by the first read, and ended when the stream is destroyed.
 * `input` is what it reads, nothing by default.
 */
export function streamProgram(start: () => RunningProgram, input?: Buffer): Readable {
  let program: RunningProgram | undefined;
  const stream = new Readable({
    read() {
      if (program) {
        program.output.resume();
        return;
      }
      program = start();
      const { output, ended } = program;
      program.input.end(input);
      output.on('data', (chunk: Buffer) => {
        if (!stream.push(chunk)) output.pause();
      });
      output.once('close', () => {
        void ended.then(
          () => stream.push(null),
          (error: Error) => stream.destroy(error),
        );
      });
    },
    destroy(error, callback) {
      program?.stop();
      callback(error);
    },
  });
  return stream;
}

/** The server's disk, in the one language that we ask for: the program passes on no SQLSTATE. */
const NO_SPACE = /No space left on device/;

interface Ending {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly said: string;
}

function failed(program: string, { code, killedBy, said }: Ending): AtrizError {
  const how = killedBy === null ? `with exit code ${code}` : `by ${killedBy}`;
  const last = said.trim().split('\n').slice(-SHOWN_LINES).join('\n');
  const message = `${basename(program)} ended ${how}${last && `: ${last}`}`;
  return NO_SPACE.test(said)
    ? new AtrizError('DISK_FULL', message, { hint: "make room on the server's disk, and run the command again" })
    : new AtrizError('CLIENT_TOOL_FAILED', message, { hint: 'correct what it says, and run the command again' });
}

function hide(text: string, secret: string | undefined): string {
  return secret ? text.replaceAll(secret, '********') : text;
}

function notStarted(program: string, cause: Error): AtrizError {
  return new AtrizError('CLIENT_TOOLS_MISSING', `${program} cannot be run: ${cause.message}`, {
    hint: "install PostgreSQL's client tools, or name their directory in PG_BIN_DIR",
    cause,
  });
}

function interrupted(): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; nothing unfinished is kept', { hint: 'run the command again' });
}
