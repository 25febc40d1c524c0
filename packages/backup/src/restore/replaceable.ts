import { AtrizError } from '@atriz/database';
import { refuseDestruction, withSession, type Context, type Target } from '@atriz/lifecycle';
import type { BackupWorkspace } from '../workspace.ts';

/**
 * Refuses to replace, or drop, a database that must not be: see `refuseDestruction`. One that is so broken that nobody
 * can connect to it does not say what it is; it has to be named in `ATRIZ_ALLOW_DESTRUCTIVE`.
 *
 * Throws `DESTRUCTIVE_REFUSED`, `IDENTITY_MISMATCH`, `DATABASE_MISSING` and other connection errors.
 */
export async function refuseReplacement(
  target: Target,
  deed: 'replace' | 'drop',
  context: Pick<Context, 'allowDestructive' | 'signal' | 'onStatement'>,
): Promise<void> {
  const { name } = target.database;
  try {
    await withSession(target.parameters, context, (client) => refuseDestruction(client, target, deed, context));
  } catch (error) {
    if (error instanceof AtrizError && error.code !== 'CONNECTION_FAILED') throw error;
    const allowed = (context.allowDestructive ?? '').split(',').map((each) => each.trim());
    if (allowed.includes(name)) return;
    throw new AtrizError(
      'DESTRUCTIVE_REFUSED',
      `refused to ${deed} "${target.parameters.database}": it does not say what it is (${(error as Error).message})`,
      { hint: `if it is broken, name it: ATRIZ_ALLOW_DESTRUCTIVE=${name}`, cause: error },
    );
  }
}

/** {@link refuseReplacement} for databases of the workspace, of which one that does not exist is no reason to refuse. */
export async function checkReplaceable(
  workspace: BackupWorkspace,
  names: readonly string[],
  context: Context,
): Promise<void> {
  for (const name of names) {
    try {
      await refuseReplacement(await workspace.open(name), 'replace', context);
    } catch (error) {
      if (!(error instanceof AtrizError) || error.code !== 'DATABASE_MISSING') throw error;
    }
  }
}
