import { availableParallelism } from 'node:os';
import { AtrizError } from '@atriz/database';
import { Piscina } from 'piscina';
import type { Comparison, ComparisonResult } from './comparison.ts';

export interface PasswordHasher extends AsyncDisposable {
  /** The bcrypt hash of a password. Rejects with `SERVICE_UNAVAILABLE` when too many wait. */
  hash(password: string): Promise<string>;
  /**
   * Whether a password is the one of a hash; undefined is the hash of nobody, and takes as long. Rejects with
   * `SERVICE_UNAVAILABLE` when too many wait.
   */
  compare(password: string, hash: string | undefined): Promise<ComparisonResult>;
}

export interface PasswordHasherOptions {
  /** bcrypt's cost: each step takes twice as long. */
  readonly cost: number;
  /** Default: one for each core. */
  readonly maxThreads?: number | undefined;
  /** So many may wait for a thread, for each of them. Default 16: about five seconds at cost 12. */
  readonly maxWaiting?: number;
}

/** The worker beside this file, from `src/` and from `dist/` alike. */
const WORKER = new URL(`./hash-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href;

const RETRY_AFTER_SECONDS = 5;

/**
 * Hashes and compares passwords in worker threads, so that nobody else waits for it. The threads are made when first
 * needed, end after half a minute without work, and keep no process alive.
 */
export function createPasswordHasher({
  cost,
  maxThreads = availableParallelism(),
  maxWaiting = 16,
}: PasswordHasherOptions): PasswordHasher {
  let threads: Piscina | undefined;
  const run = async <Result>(name: 'hash' | 'compare', task: unknown): Promise<Result> => {
    threads ??= new Piscina({ filename: WORKER, minThreads: 0, maxThreads, idleTimeout: 30_000 });
    if (threads.queueSize >= maxThreads * maxWaiting) throw overloaded(threads.queueSize);
    return (await threads.run(task, { name })) as Result;
  };
  return {
    hash: (password) => run<string>('hash', { password, cost }),
    compare: (password, hash) => run<ComparisonResult>('compare', { password, hash, cost } satisfies Comparison),
    [Symbol.asyncDispose]: async () => threads?.close(),
  };
}

function overloaded(waiting: number): AtrizError {
  return new AtrizError('SERVICE_UNAVAILABLE', `${waiting} passwords are waiting to be checked`, {
    hint: 'try again',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
