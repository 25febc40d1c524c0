import { AtrizError } from '@atriz/database';
import { parseSetId } from '../set/name.ts';
import { writeToEach } from '../set/write-object.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import type { StoreFailure } from '../stream/tee.ts';

const MARK = 'untied';

/**
 * Says of a set that no migration is to be undone with it any more, in each store that has it: an object beside its
 * manifest, which stays as it was signed. From then on retention treats it as any other.
 *
 * Throws `BACKUP_UNKNOWN` for what is no set's name, and the first store's failure when all of them failed.
 */
export async function untieSet(
  stores: readonly Store[],
  id: string,
  options: StoreOptions = {},
): Promise<readonly StoreFailure[]> {
  if (parseSetId(id) === undefined) {
    throw new AtrizError('BACKUP_UNKNOWN', `"${id}" is not the name of a set`, { hint: 'see them: atriz backup list' });
  }
  return writeToEach(stores, `${id}/${MARK}`, { content: Buffer.from('untied\n'), ...options });
}

/** Whether an object of a set is what {@link untieSet} writes. */
export function isUntiedMark(path: string): boolean {
  return path.endsWith(`/${MARK}`) && path.split('/').length === 2;
}
