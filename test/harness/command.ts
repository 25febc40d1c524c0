import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The built command, as `pnpm exec atriz` runs it. */
export const ATRIZ = fileURLToPath(new URL('../../packages/cli/bin/atriz.js', import.meta.url));

export interface CommandOptions {
  readonly cwd: string;
  /** The variables of the command: these, and of ours only PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface CommandResult {
  /** As a shell has it: 128 and the signal's number when a signal ended the process. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly result: Promise<CommandResult>;
  /** Resolves when `text` was said on either stream; rejects when the command ends without it. */
  said(text: string): Promise<void>;
  /** What it has said on standard output so far. */
  output(): string;
}

/** Runs `atriz` to its end. */
export function runAtriz(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return startAtriz(args, options).result;
}

/** Starts `atriz`, for a test that does something to it while it runs. */
export function startAtriz(args: readonly string[], options: CommandOptions): RunningCommand {
  return start(process.execPath, [ATRIZ, ...args], options);
}

/** Runs a line of shell in which `$ATRIZ` is the command. */
export function runShell(line: string, { cwd, env = {} }: CommandOptions): Promise<CommandResult> {
  const variables = { ...env, ATRIZ: `${process.execPath} ${ATRIZ}` };
  return start('/bin/sh', ['-c', line], { cwd, env: variables }).result;
}

/** Runs another program of the workspace to its end. */
export function runProgram(program: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return start(program, args, options).result;
}

/** Starts another program of the workspace, for a test that does something to it while it runs. */
export function startProgram(program: string, args: readonly string[], options: CommandOptions): RunningCommand {
  return start(program, args, options);
}

function start(program: string, args: readonly string[], { cwd, env = {} }: CommandOptions): RunningCommand {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, { cwd, env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const look of waiting) look();
    });
  }
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code: code ?? 128 + constants.signals[signal!], ...output });
    });
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!output.stdout.includes(text) && !output.stderr.includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      const ended = (): void => reject(new Error(`it never said "${text}" but:\n${output.stdout}${output.stderr}`));
      result.then(ended, ended);
    });
  return { child, result, said, output: () => output.stdout };
}
