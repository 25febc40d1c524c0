import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import { startDownload, type Body } from './download.ts';

const WAIT_MS = 500;
const AGAIN = new Set([408, 429, 500, 502, 503, 504]);

export interface GcsDownloadOptions {
  /** What allows the request. */
  readonly headers: () => Promise<Headers>;
  readonly signal: AbortSignal | undefined;
  readonly stallMs: number;
  readonly tries: number;
  /** Makes the store's error; `status` is the answer's. */
  readonly fail: (error: unknown, status?: number) => AtrizError;
}

/**
 * Begins to read an object by its address in the JSON API. The library's own stream is not used: it does not go on where
 * a connection was cut, and warns of its listeners on stderr.
 */
export function downloadFromGcs(url: string, options: GcsDownloadOptions): Promise<Readable> {
  const { headers, signal, stallMs, tries, fail } = options;
  let generation: string | null = null; // what is read on must be what was begun
  const ask = async (offset: number, ending: AbortSignal): Promise<Response> => {
    const from = new URL(url);
    if (generation !== null) from.searchParams.set('generation', generation);
    const sent = await headers();
    sent.set('accept-encoding', 'identity');
    if (offset > 0) sent.set('range', `bytes=${offset}-`);
    return withTimeout(stallMs, ending, (until) => fetch(from, { headers: sent, signal: until }));
  };
  const open = async (offset: number, ending: AbortSignal): Promise<Body> => {
    for (let tried = 1; ; tried += 1) {
      try {
        const response = await ask(offset, ending);
        if (response.ok) {
          generation ??= response.headers.get('x-goog-generation');
          const length = response.headers.get('content-length');
          const stream = Readable.fromWeb((response.body ?? new Blob([]).stream()) as ReadableStream);
          return { stream, bytes: length === null ? undefined : Number(length) };
        }
        const said = (await response.text()).slice(0, 500);
        if (!AGAIN.has(response.status) || tried >= tries) throw fail(new Error(said), response.status);
      } catch (error) {
        if (error instanceof AtrizError || ending.aborted) throw error;
        if (tried >= tries) throw fail(error);
      }
      await wait(WAIT_MS * 2 ** (tried - 1));
    }
  };
  return startDownload({ open, fail: (error) => fail(error), signal, stallMs });
}

/** The time is that until the answer begins; its body has its own. */
async function withTimeout(
  ms: number,
  signal: AbortSignal,
  ask: (until: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer for ${ms} ms`)), ms);
  try {
    return await ask(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
