import { withoutExisting, type LiveColumn } from './orphans.ts';
import { applyRule, toRuleError, type ChangingRule } from './rule.ts';

/** How long to wait for a lock: whoever writes to the target's table meanwhile waits as long. */
const LOCK_TIMEOUT = '5s';

/**
 * Deletes the rows that hold one of the keys, or sets their column to null, in batches; resolves to how many it were.
 *
 * Before each batch the target's table is locked against writing, and the keys are looked for once more: a row that
 * another session has inserted but not committed yet is waited for and then found, and none can come before the batch
 * is committed. So no row is touched whose key leads somewhere.
 *
 * Throws `REFERENCE_FAILED`, `LOCK_TIMEOUT` and connection errors; batches before it stay done.
 */
export async function fixOrphans(
  rule: ChangingRule,
  keys: readonly string[],
  source: LiveColumn,
  target: LiveColumn,
): Promise<number> {
  if (keys.length === 0) return 0;
  await source.client.query(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
  for (let changed = 0; ;) {
    const rows = await fixBatch(rule, keys, source, target);
    if (rows === 0) return changed;
    changed += rows;
  }
}

async function fixBatch(
  rule: ChangingRule,
  keys: readonly string[],
  source: LiveColumn,
  target: LiveColumn,
): Promise<number> {
  const { client, column } = target;
  await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  try {
    await client.query(`LOCK TABLE ${column.table} IN SHARE MODE`).catch((error: unknown) => {
      throw toRuleError(error, 'lock', target);
    });
    const missing = await withoutExisting(keys, target);
    return missing.length === 0 ? 0 : await applyRule(rule, missing, source);
  } finally {
    // Nothing was written here: this only lets go of the lock. When it fails, the connection is gone, and the lock with it.
    await client.query('ROLLBACK').catch(() => undefined);
  }
}
