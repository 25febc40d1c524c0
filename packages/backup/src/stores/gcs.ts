import { createGcsApi, type GcsApiOptions } from './gcs-api.ts';
import { downloadFromGcs } from './gcs-download.ts';
import { uploadToGcs } from './gcs-upload.ts';
import { createNames } from './prefix.ts';
import type { GcsStoreSettings } from './settings.ts';
import { interrupted } from './source.ts';
import type { Store } from './store.ts';

const PAGE_SIZE = 1000;

/** A page of a list. */
interface Page {
  readonly items?: readonly { readonly name: string; readonly size: string; readonly updated: string }[];
  readonly nextPageToken?: string;
}

/**
 * A store in a bucket of Google Cloud Storage. Objects go up a chunk at a time, and what arrived is compared by size and
 * CRC32C before the write is done. Google's library, which gives the credentials, is loaded at the first call.
 *
 * `stallMs` (default 180,000) is how long is waited for an answer or the next byte, `tries` (default 6) how often a
 * request is sent before it has failed.
 */
export function createGcsStore(
  settings: GcsStoreSettings,
  { stallMs = 180_000, tries = 6 }: Partial<GcsApiOptions> = {},
): Store {
  const { bucket, prefix } = settings;
  const names = createNames(prefix);
  const api = createGcsApi(settings, { stallMs, tries });
  return {
    name: 'gcs',
    place: `gs://${bucket}/${prefix ?? ''}`.replace(/\/$/, ''),
    async write(path, source, { signal } = {}) {
      const name = names.name(path);
      if (signal?.aborted) throw interrupted();
      await uploadToGcs(api, source, { name, path, signal });
    },
    async read(path, { signal } = {}) {
      return downloadFromGcs(api, { name: names.name(path), path, signal, stallMs });
    },
    async *list(start, { signal } = {}) {
      const query = { prefix: names.start(start), maxResults: String(PAGE_SIZE) };
      for (let next: string | undefined, more = true; more; more = next !== undefined) {
        const url = api.url('', { ...query, ...(next && { pageToken: next }) });
        const response = await api.send(url, { signal, operation: 'list', path: start });
        const { items = [], nextPageToken } = (await response.json()) as Page;
        for (const { name, size, updated } of items) {
          const path = names.path(name);
          if (path) yield { path, bytes: Number(size), modifiedAt: new Date(updated) };
        }
        next = nextPageToken;
      }
    },
    async remove(path, { signal } = {}) {
      const url = api.url(`/${encodeURIComponent(names.name(path))}`, {});
      await api.send(url, { method: 'DELETE', answers: [404], signal, operation: 'remove', path });
    },
  };
}
