import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { hashSync } from 'bcryptjs';
import { comparePassword, type Comparison, type ComparisonResult } from './comparison.ts';

yieldToOthers();

/** What a worker thread does, by name; `hasher.ts` asks. */
export function hash({ password, cost }: { readonly password: string; readonly cost: number }): string {
  return hashSync(password, cost);
}

export function compare(comparison: Comparison): ComparisonResult {
  return comparePassword(comparison);
}

/** Where all cores are busy with hashes, a request that is answered in microseconds goes first. */
function yieldToOthers(): void {
  if (process.platform !== 'linux') return;
  // Linux gives each thread an id, and takes it where POSIX has that of a process.
  const [, thread] = /\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self')) ?? [];
  if (thread !== undefined) setPriority(Number(thread), 5);
}
