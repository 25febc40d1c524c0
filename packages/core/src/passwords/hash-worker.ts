import { hashSync } from 'bcryptjs';
import { comparePassword, type Comparison, type ComparisonResult } from './comparison.ts';

/** What a worker thread does, by name; `hasher.ts` asks. */
export function hash({ password, cost }: { readonly password: string; readonly cost: number }): string {
  return hashSync(password, cost);
}

export function compare(comparison: Comparison): ComparisonResult {
  return comparePassword(comparison);
}
