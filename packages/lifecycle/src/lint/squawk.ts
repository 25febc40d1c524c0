import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { AtrizError } from '@atriz/database';

/** What squawk says of a place, as it says it. */
export interface SquawkReport {
  /** The path as it was given. */
  readonly file: string;
  /** From 0. */
  readonly line: number;
  /** From 0, in bytes of UTF-8. */
  readonly column: number;
  readonly message: string;
  readonly help: string | null;
  readonly rule_name: string;
}

export interface SquawkOptions {
  /** Where the files are, and what their paths are relative to. */
  readonly directory: string;
  readonly configFile: string;
  /** Whether each file is one transaction. */
  readonly inTransaction: boolean;
}

/** More than the longest report of some thousand files. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Paths are given on the command line, which every system bounds, Windows at 32,767 characters. */
const MOST_CHARACTERS = process.platform === 'win32' ? 30_000 : 100_000;

/**
 * Runs squawk over files, as many at once as a command line takes. Its binary is run directly, without its launcher, which would
 * start another Node first.
 *
 * Throws `LINTER_FAILED` when there is no binary for this platform, or its configuration is not understood.
 */
export async function runSquawk(files: readonly string[], options: SquawkOptions): Promise<SquawkReport[]> {
  const reports: SquawkReport[] = [];
  for (const some of inPortions(files)) reports.push(...(await runOnce(some, options)));
  return reports;
}

function inPortions(files: readonly string[]): string[][] {
  const portions: string[][] = [];
  let left = 0;
  for (const file of files) {
    const length = escapePattern(file).length + 1;
    if (length > left) {
      portions.push([]);
      left = MOST_CHARACTERS;
    }
    portions.at(-1)!.push(file);
    left -= length;
  }
  return portions;
}

async function runOnce(
  files: readonly string[],
  { directory, configFile, inTransaction }: SquawkOptions,
): Promise<SquawkReport[]> {
  const flags = [
    '--config',
    configFile,
    '--reporter',
    'json',
    '--no-error-on-unmatched-pattern', // all of them may be excluded
    inTransaction ? '--assume-in-transaction' : '--no-assume-in-transaction',
    '--',
  ];
  const { stdout, stderr } = await execute(findBinary(), [...flags, ...files.map(escapePattern)], directory);
  try {
    return JSON.parse(stdout) as SquawkReport[];
  } catch (cause) {
    const said = stderr.trim() || stdout.trim() || 'nothing';
    throw new AtrizError('LINTER_FAILED', `squawk could not lint with ${configFile}: ${said}`, {
      hint: 'correct the configuration; https://squawkhq.com/docs/rules names its rules',
      cause,
    });
  }
}

/** It ends with 1 when it found something, which is no failure; whether it failed is seen from what it wrote. */
function execute(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { cwd, maxBuffer: MOST_BYTES }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(unavailable(error.message, error));
      else resolve({ stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** Where squawk-cli's own package for this platform has it. */
function findBinary(): string {
  const require = createRequire(import.meta.url);
  try {
    const launcher = require('squawk-cli/js/index.js') as { getBinaryPath(): string };
    return launcher.getBinaryPath();
  } catch (error) {
    throw unavailable((error as Error).message.split('\n')[0]!, error);
  }
}

function unavailable(reason: string, cause: unknown): AtrizError {
  return new AtrizError('LINTER_FAILED', `squawk cannot be run here: ${reason}`, {
    hint: 'install with optional dependencies; migrate --accept-lint goes on without it',
    cause,
  });
}

/** Squawk takes patterns; a path may have their characters in it. */
function escapePattern(path: string): string {
  return path.replaceAll(/[[\]*?]/g, '[$&]');
}
