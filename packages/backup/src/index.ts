export { openStores, type OpenStoresOptions } from './stores/open.ts';
export type { StoreSettings } from './stores/settings.ts';
export type { Store, StoredObject, StoreOptions } from './stores/store.ts';
export type { BackupWorkspace } from './workspace.ts';
export { compareWithManifest, type Difference } from './proof/compare.ts';
