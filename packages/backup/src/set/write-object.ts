import type { Store, StoreOptions } from '../stores/store.ts';
import { createTee, type StoreFailure } from '../stream/tee.ts';

/** Writes a small object to each store. Rejects with the first failure when all of them failed, else gives the failures. */
export async function writeToEach(
  stores: readonly Store[],
  path: string,
  { content, signal }: StoreOptions & { readonly content: Uint8Array },
): Promise<readonly StoreFailure[]> {
  const tee = createTee(stores, path, { signal });
  await tee.write(content);
  return tee.end();
}
