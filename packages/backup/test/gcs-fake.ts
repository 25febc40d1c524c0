import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Kept {
  readonly bytes: Buffer;
  readonly updated: string;
  readonly generation: string;
}

/** The part of Google Cloud Storage's JSON API that a store uses, in memory, with its checksums. */
export interface GcsFake extends AsyncDisposable {
  readonly port: number;
  /** Uploads that were begun and not ended. */
  readonly sessions: ReadonlyMap<string, unknown>;
  /** What it says of each object that was written, in place of the truth. */
  lie: { readonly crc32c?: string; readonly size?: string } | undefined;
}

const HOST = '127.0.0.1';

export async function startGcsFake(): Promise<GcsFake> {
  const objects = new Map<string, Kept>();
  const sessions = new Map<string, { readonly name: string; bytes: Buffer }>();
  let generation = 0;
  const describe = (name: string, { bytes, updated, generation: which }: Kept) => ({
    kind: 'storage#object',
    name,
    bucket: 'backups',
    generation: which,
    size: String(bytes.byteLength),
    updated,
    crc32c: crc32c(bytes),
    md5Hash: createHash('md5').update(bytes).digest('base64'),
    ...fake.lie,
  });

  const begin = (url: URL, request: IncomingMessage, response: ServerResponse): void => {
    const id = randomBytes(8).toString('hex');
    sessions.set(id, { name: url.searchParams.get('name')!, bytes: Buffer.alloc(0) });
    const location = `http://${request.headers.host}/upload/storage/v1/b/backups/o?upload_id=${id}`;
    response.writeHead(200, { location }).end();
  };

  const take = async (id: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const session = sessions.get(id);
    const body = await buffer(request);
    if (!session) return answer(response, 404, { error: { code: 404, message: 'no such upload' } });
    const [, from = '*', , total = '*'] = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(
      request.headers['content-range'] ?? `bytes 0-*/${body.byteLength}`,
    ) ?? ['', '*', '', '*'];
    if (from !== '*') session.bytes = Buffer.concat([session.bytes.subarray(0, Number(from)), body]);
    if (total === '*' || session.bytes.byteLength < Number(total)) {
      const { byteLength } = session.bytes;
      return void response.writeHead(308, byteLength > 0 ? { range: `bytes=0-${byteLength - 1}` } : {}).end();
    }
    sessions.delete(id);
    keep(session.name, session.bytes, response);
  };

  const keep = (name: string, bytes: Buffer, response: ServerResponse): void => {
    generation += 1;
    const kept = { bytes, updated: new Date().toISOString(), generation: String(generation) };
    objects.set(name, kept);
    answer(response, 200, describe(name, kept));
  };

  const list = ({ searchParams }: URL, response: ServerResponse): void => {
    const prefix = searchParams.get('prefix') ?? '';
    const after = searchParams.get('pageToken') ?? '';
    const most = Number(searchParams.get('maxResults') ?? 1000);
    const names = [...objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    const items = names.slice(0, most).map((name) => describe(name, objects.get(name)!));
    answer(response, 200, { items, ...(names.length > most && { nextPageToken: names[most - 1] }) });
  };

  const give = (kept: Kept, request: IncomingMessage, response: ServerResponse): void => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const bytes = kept.bytes.subarray(from);
    const headers = { 'content-length': bytes.byteLength, 'x-goog-generation': kept.generation };
    response.writeHead(request.headers.range ? 206 : 200, headers).end(bytes);
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url!, `http://${HOST}`);
    const id = url.searchParams.get('upload_id');
    const encoded = /\/b\/backups\/o\/([^/]+)$/.exec(url.pathname)?.[1];
    const name = encoded && decodeURIComponent(encoded);
    if (id && request.method === 'DELETE') {
      sessions.delete(id);
      return void response.writeHead(499).end();
    }
    if (id) return void take(id, request, response).catch(() => response.destroy());
    if (request.method === 'POST' && url.searchParams.get('uploadType') === 'media')
      return void buffer(request).then(
        (bytes) => keep(url.searchParams.get('name')!, bytes, response),
        () => response.destroy(),
      );
    if (request.method === 'POST') return begin(url, request.resume(), response);
    if (name === undefined) return list(url, response);
    const kept = objects.get(name);
    if (!kept) return answer(response, 404, { error: { code: 404, message: `No such object: backups/${name}` } });
    if (request.method === 'DELETE') return void (objects.delete(name) && response.writeHead(204).end());
    if (url.searchParams.get('alt') === 'media') return give(kept, request, response);
    answer(response, 200, describe(name, kept));
  });
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  const fake: GcsFake = {
    port: (server.address() as AddressInfo).port,
    sessions,
    lie: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
  return fake;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Castagnoli's polynomial, reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** As the API writes it: the four bytes, the highest first, in base64. */
export function crc32c(bytes: Uint8Array): string {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255]! ^ (sum >>> 8);
  const out = Buffer.alloc(4);
  out.writeUInt32BE((sum ^ 0xffffffff) >>> 0);
  return out.toString('base64');
}
