import type { Readable } from 'node:stream';
import { AtrizError } from '@atriz/database';
import { Header } from 'tar';

const BLOCK = 512;

export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'directory';
  readonly bytes: number;
  /** To be taken whole before the next entry is asked for. */
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Reads a tar as PostgreSQL writes it, entry by entry, no faster than the entries are taken. Nothing but files and
 * directories below the place where it is unpacked is let through; that, and an end that comes too early, is
 * `BACKUP_CORRUPT`.
 */
export async function* readTar(source: Readable, name: string): AsyncGenerator<TarEntry> {
  const bytes = createByteReader(source, () => corrupt(name, 'it ends in the middle'));
  for (;;) {
    const header = new Header(await bytes.take(BLOCK));
    if (header.nullBlock) break; // the first of two
    if (!header.cksumValid) throw corrupt(name, 'the header of an entry does not match its sum');
    const { path = '', size = 0 } = header;
    const type = header.type === 'Directory' ? 'directory' : header.type === 'File' ? 'file' : undefined;
    if (type === undefined) throw corrupt(name, `"${path}" is a ${header.type}, not a file or a directory`);
    if (leaves(path)) throw corrupt(name, `"${path}" is not below the directory`);
    const length = type === 'file' ? size : 0;
    yield { path, type, bytes: length, body: bytes.stream(length) };
    await bytes.take((BLOCK - (length % BLOCK)) % BLOCK);
  }
  await bytes.take(BLOCK);
  await bytes.drain(); // its end tells whether the file was whole and genuine
}

function leaves(path: string): boolean {
  const parts = path.replace(/\/$/, '').split('/');
  return path.includes('\0') || path.includes('\\') || parts.some((part) => part === '..' || part === '');
}

interface ByteReader {
  take(count: number): Promise<Buffer>;
  stream(count: number): AsyncGenerator<Buffer>;
  drain(): Promise<void>;
}

function createByteReader(source: Readable, atEnd: () => AtrizError): ByteReader {
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const next = async (): Promise<Buffer> => {
    const { done, value } = await chunks.next();
    if (done) throw atEnd();
    return value;
  };
  return {
    async take(count) {
      while (rest.length < count) rest = Buffer.concat([rest, await next()]);
      const taken = rest.subarray(0, count);
      rest = rest.subarray(count);
      return taken;
    },
    async *stream(count) {
      for (let left = count; left > 0;) {
        if (rest.length === 0) rest = await next();
        const part = rest.subarray(0, left);
        rest = rest.subarray(part.length);
        left -= part.length;
        yield part;
      }
    },
    async drain() {
      while (!(await chunks.next()).done);
    },
  };
}

function corrupt(name: string, what: string): AtrizError {
  return new AtrizError('BACKUP_CORRUPT', `${name} cannot be unpacked: ${what}`, {
    hint: 'restore another set, or another copy of this one (atriz backup verify)',
  });
}
