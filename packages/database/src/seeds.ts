import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { AtrizError } from './errors.ts';
import { loadModule } from './load-module.ts';
import { withTransaction } from './transaction.ts';

export interface SeedContext {
  /** `production`, `development`, `test` …: what `NODE_ENV` says, else `development`. */
  readonly environment: string;
  /** Tells the person who runs the seeds something, as one line. */
  readonly log: (message: string) => void;
}

/**
 * The default export of a seed file. It runs inside one transaction on `client`: when it throws, nothing of it is
 * kept. Write it so that running it again changes nothing (`ON CONFLICT DO NOTHING`).
 */
export type SeedFunction = (client: pg.PoolClient, context: SeedContext) => Promise<void>;

export interface SeedFile {
  /** The file's name without its extension, such as `001_roles`. */
  readonly name: string;
  readonly path: string;
}

export interface SeedResult {
  readonly name: string;
  readonly durationMs: number;
}

export interface RunSeedsOptions {
  /** The directory that holds the seed files. One that does not exist holds none. */
  readonly directory: string;
  readonly environment?: string;
  readonly log?: (message: string) => void;
  /** Which of the files to run. Default: all. */
  readonly select?: (seed: SeedFile) => boolean;
  /** Runs after a seed, in its transaction: what it writes is kept exactly when the seed is. */
  readonly afterSeed?: (client: pg.PoolClient, seed: SeedFile, result: SeedResult) => Promise<void>;
  /** Told of each seed once it is committed. */
  readonly onSeeded?: (result: SeedResult) => void;
}

const SEED_FILE = /^(?!\.)(?!.*\.(?:test|spec|d)\.[cm]?ts$).+\.(?:[cm]?ts|[cm]?js)$/;

/** Lists a directory's seeds in the order in which they run: alphabetical, by code unit. */
export async function readSeedFiles(directory: string): Promise<SeedFile[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => SEED_FILE.test(name))
    .toSorted()
    .map((file) => ({ name: file.replace(/\.[^.]+$/, ''), path: join(directory, file) }));
}

/**
 * Runs the seeds of a directory in alphabetical order, each in a transaction of its own, and stops at the first that
 * fails. Every file is loaded before the first one runs, so a broken file is found while nothing was done yet.
 *
 * Throws `SEED_INVALID` when a file cannot be loaded or has no default function, `SEED_FAILED` when a seed throws;
 * the message names the seed and those that were done before it.
 */
export async function runSeeds(
  pool: Pick<pg.Pool, 'connect'>,
  { directory, environment = 'development', log = ignore, select = all, afterSeed, onSeeded = ignore }: RunSeedsOptions,
): Promise<SeedResult[]> {
  const seeds = [];
  for (const file of (await readSeedFiles(directory)).filter(select)) seeds.push({ file, run: await loadSeed(file) });

  const results: SeedResult[] = [];
  for (const { file, run } of seeds) {
    const start = performance.now();
    try {
      const result = await withTransaction(pool, async (client) => {
        await run(client, { environment, log });
        const done = { name: file.name, durationMs: performance.now() - start };
        await afterSeed?.(client, file, done);
        return done;
      });
      results.push(result);
      onSeeded(result);
    } catch (error) {
      throw failed(file, results, error);
    }
  }
  return results;
}

async function loadSeed(file: SeedFile): Promise<SeedFunction> {
  const module = await loadModule(file.path).catch((error: unknown) => {
    throw new AtrizError(
      'SEED_INVALID',
      `seed ${file.name} cannot be loaded: ${(error as Error).message} (${file.path})`,
      {
        hint: 'correct the file; no seed was run',
        cause: error,
      },
    );
  });
  if (typeof module['default'] === 'function') return module['default'] as SeedFunction;
  throw new AtrizError('SEED_INVALID', `seed ${file.name} has no function as its default export (${file.path})`, {
    hint: 'export default a SeedFunction: async (client, context) => { … }',
  });
}

function failed(file: SeedFile, done: readonly SeedResult[], cause: unknown): AtrizError {
  const before =
    done.length > 0 ? `done before it: ${done.map(({ name }) => name).join(', ')}` : 'none was done before it';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AtrizError('SEED_FAILED', `seed ${file.name} failed: ${reason} (${file.path}); ${before}`, {
    hint: 'nothing of the failed seed was kept; correct it and run the seeds again',
    cause,
  });
}

function ignore(): void {}

function all(): boolean {
  return true;
}
