import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { startDownload, type Body } from './download.ts';
import type { GcsApi } from './gcs-api.ts';

export interface GcsDownloadOptions {
  /** What the object is called in the bucket. */
  readonly name: string;
  /** What it is called in the store, for messages. */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly stallMs: number;
}

/** Begins to read an object. What is read on after a cut is what was begun, although it was written anew meanwhile. */
export function downloadFromGcs(api: GcsApi, { name, path, signal, stallMs }: GcsDownloadOptions): Promise<Readable> {
  const request = { operation: 'read', path } as const;
  let generation: string | null = null;
  const open = async (offset: number, ending: AbortSignal): Promise<Body> => {
    const query = { alt: 'media', ...(generation !== null && { generation }) };
    const headers = { 'accept-encoding': 'identity', ...(offset > 0 && { range: `bytes=${offset}-` }) };
    const url = api.url(`/${encodeURIComponent(name)}`, query);
    const response = await api.send(url, { ...request, headers, signal: ending });
    generation ??= response.headers.get('x-goog-generation');
    const length = response.headers.get('content-length');
    const stream = Readable.fromWeb((response.body ?? new Blob([]).stream()) as ReadableStream);
    return { stream, bytes: length === null ? undefined : Number(length) };
  };
  return startDownload({ open, fail: (error) => api.fail(request, error), signal, stallMs });
}
