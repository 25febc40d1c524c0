import { MANIFEST_FILE } from '../manifest/manifest.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import { mapAtOnce } from './at-once.ts';

const AT_ONCE = 8;

/**
 * Removes a set from a store, its manifest before anything else: cut off at any moment, what is left is either the whole
 * set or a folder that no list calls a set, which the next prune removes. Two at once do not disturb each other.
 */
export async function removeSet(store: Store, id: string, { signal }: StoreOptions = {}): Promise<void> {
  await store.remove(`${id}/${MANIFEST_FILE}`, { signal });
  const paths: string[] = [];
  for await (const { path } of store.list(`${id}/`, { signal })) paths.push(path);
  await mapAtOnce(paths, AT_ONCE, (path) => store.remove(path, { signal }));
}
