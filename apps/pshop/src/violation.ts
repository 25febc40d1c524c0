import { sqlState } from '@atriz/database';

const INTEGRITY_VIOLATION = '23';

/** Whether the database refused a row because of this constraint. */
export function violates(error: unknown, constraint: string): boolean {
  return (
    sqlState(error).startsWith(INTEGRITY_VIOLATION) &&
    (error as { readonly constraint?: string }).constraint === constraint
  );
}
