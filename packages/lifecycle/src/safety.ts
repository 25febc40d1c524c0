import { AtrizError } from '@atriz/database';
import { describeSetting, type SafetySwitch } from '@atriz/database/workspace';
import type { Context } from './context.ts';
import { nameOf, type Target } from './target.ts';

/**
 * Whether a switch forbids. Production's own default is lifted by naming the database in `ATRIZ_ALLOW_DESTRUCTIVE`; what
 * somebody set is not.
 */
export function forbids(guard: SafetySwitch, target: Target, { allowDestructive }: Context): boolean {
  return guard.on && (guard.setBy !== undefined || allowDestructive !== nameOf(target));
}

/**
 * Refuses to empty or drop a database where somebody set `DISABLE_DB_RESET`. Production's default needs nothing here:
 * there `refuseDestruction` refuses. Throws `DESTRUCTIVE_REFUSED`.
 */
export function refuseReset({ safety, parameters }: Target, deed: string): void {
  const { on, setBy } = safety.disableReset;
  if (!on || setBy === undefined) return;
  throw new AtrizError(
    'DESTRUCTIVE_REFUSED',
    `refused to ${deed} "${parameters.database}": ${describeSetting(setBy)} is "${setBy.value}"`,
    { hint: `if it must be, take that setting away; ATRIZ_ALLOW_DESTRUCTIVE does not lift it` },
  );
}
