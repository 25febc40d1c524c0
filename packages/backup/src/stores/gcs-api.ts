import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import { createGcsHeaders } from './gcs-credentials.ts';
import { toRemoteError } from './remote-error.ts';
import type { GcsStoreSettings } from './settings.ts';
import { interrupted } from './source.ts';

const GOOGLE = 'https://storage.googleapis.com';
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const AGAIN = new Set([408, 429, 500, 502, 503, 504]);

export interface GcsApiOptions {
  /** After how long without an answer a request is given up, in milliseconds. */
  readonly stallMs: number;
  /** How often a request is sent before it has failed, with growing pauses between. */
  readonly tries: number;
}

export interface GcsRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  /** Statuses beside those of success that are an answer, and no failure. */
  readonly answers?: readonly number[];
  /** How often it is sent. Default that of the API. */
  readonly tries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is being done, for messages. */
  readonly operation: 'write' | 'read' | 'list' | 'remove';
  readonly path: string;
}

/** The JSON API of Google Cloud Storage, as far as a store needs it. */
export interface GcsApi {
  /** The address of something in the bucket; `upload` is before the path where something is written. */
  url(path: string, query: Readonly<Record<string, string>>, upload?: boolean): string;
  /**
   * Sends a request, again where there was no answer or one that says so, until there is one. Throws the store's errors,
   * and `INTERRUPTED`.
   */
  send(url: string, request: GcsRequest): Promise<Response>;
  /** The store's error for what went wrong. */
  fail(request: Pick<GcsRequest, 'operation' | 'path'>, error: unknown, status?: number): AtrizError;
}

/**
 * Speaks with the API by `fetch`; Google's library for that gives the credentials. Its library for storage is not used:
 * where requests time out, its uploads lose count of what was sent and end the process by an error that nobody can catch.
 */
export function createGcsApi(
  { bucket, prefix, keyFile, endpoint }: GcsStoreSettings,
  { stallMs, tries: most }: GcsApiOptions,
): GcsApi {
  const base = endpoint?.replace(/\/+$/, '') ?? GOOGLE;
  const readHeaders = createGcsHeaders(base, keyFile);
  const before = prefix ? `${prefix}/` : '';
  const fail: GcsApi['fail'] = ({ operation, path }, error, status) =>
    toGcsError(error, { operation, object: `gs://${bucket}/${before}${path}`, status });
  return {
    fail,
    url: (path, query, upload = false) =>
      `${base}${upload ? '/upload' : ''}/storage/v1/b/${bucket}/o${path}?${new URLSearchParams(query)}`,
    async send(url, { method = 'GET', body, answers = [], tries = most, signal, ...request }) {
      const headers = await readHeaders().catch((error: unknown) => {
        throw fail(request, new Error(`no credentials: ${(error as Error).message}`));
      });
      for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
      for (let tried = 1; ; tried += 1) {
        if (signal?.aborted) throw interrupted();
        try {
          const init = { method, headers, ...(body && { body }) };
          const response = await fetchInTime(url, init, { signal, stallMs });
          if (response.ok || answers.includes(response.status)) return response;
          const said = (await response.text()).slice(0, 300);
          if (!AGAIN.has(response.status) || tried >= tries) throw fail(request, new Error(said), response.status);
        } catch (error) {
          if (signal?.aborted) throw interrupted();
          if (error instanceof AtrizError || tried >= tries) throw fail(request, error);
        }
        await pause(tried, signal);
      }
    },
  };
}

/** Waits before the next of several tries, longer each time; `tried` is how many there were. An abort ends it. */
export async function pause(tried: number, signal: AbortSignal | undefined): Promise<void> {
  const ms = Math.min(FIRST_PAUSE_MS * 2 ** (tried - 1), LONGEST_PAUSE_MS);
  await wait(ms, undefined, signal ? { signal } : {}).catch(() => undefined); // the next step says it
}

/** The time is that until the answer begins; its body has its own. */
async function fetchInTime(
  url: string,
  init: RequestInit,
  { signal, stallMs }: { readonly signal: AbortSignal | undefined; readonly stallMs: number },
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer for ${stallMs} ms`)), stallMs);
  try {
    return await fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal });
  } finally {
    clearTimeout(timer);
  }
}

interface GcsFailure {
  readonly operation: string;
  readonly object: string;
  readonly status: number | undefined;
}

function toGcsError(error: unknown, failure: GcsFailure): AtrizError {
  if (error instanceof AtrizError) return error;
  const { message, code, cause } = error as Error & { readonly code?: string | number };
  return toRemoteError({
    ...failure,
    name: typeof code === 'string' ? code : undefined,
    message: cause instanceof Error ? `${message}: ${cause.message}` : message, // fetch says nothing by itself
    variables: 'BACKUP_GCS',
  });
}
