import { AtrizError } from '@atriz/database';
import type { Store, StoreOptions } from '../stores/store.ts';

/** Reads a small object whole. Throws `BACKUP_CORRUPT` for one that is larger than it can be. */
export async function readObject(
  store: Store,
  path: string,
  { maxBytes, ...options }: StoreOptions & { readonly maxBytes: number },
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (await store.read(path, options)) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= maxBytes) continue;
    throw new AtrizError('BACKUP_CORRUPT', `${path} in ${store.place} is larger than ${maxBytes} bytes`, {
      hint: "use another store's copy, or another set",
    });
  }
  return Buffer.concat(chunks);
}
