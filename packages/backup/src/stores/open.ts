import { AtrizError } from '@atriz/database';
import { createFolderStore } from './folder.ts';
import { createGcsStore } from './gcs.ts';
import { createS3Store } from './s3.ts';
import type { StoreSettings } from './settings.ts';
import type { Store } from './store.ts';

export interface OpenStoresOptions {
  /** The name of the one store to open: `folder`, `s3` or `gcs`. Default: all. */
  readonly only?: string | undefined;
}

/**
 * Makes the stores that the settings name, in their order. Reaches none of them yet, and loads what S3 and Google Cloud
 * Storage need at their first use. Throws `ARGUMENT_INVALID` when `only` is none of them.
 */
export function openStores(
  { stores }: { readonly stores: readonly StoreSettings[] },
  { only }: OpenStoresOptions = {},
): readonly Store[] {
  const chosen = only === undefined ? stores : stores.filter(({ kind }) => kind === only);
  if (chosen.length > 0) return chosen.map(openStore);
  throw new AtrizError('ARGUMENT_INVALID', `no store "${only}" is configured`, {
    hint: `configured: ${stores.map(({ kind }) => kind).join(', ')}`,
  });
}

function openStore(settings: StoreSettings): Store {
  switch (settings.kind) {
    case 'folder':
      return createFolderStore(settings);
    case 's3':
      return createS3Store(settings);
    case 'gcs':
      return createGcsStore(settings);
  }
}
