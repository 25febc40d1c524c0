import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { AtrizError, sqlState } from '@atriz/database';
import type pg from 'pg';
import { Header } from 'tar';
import { segmentName, segmentOf, type Lsn, type Segments } from './lsn.ts';

const CHUNK_BYTES = 1 << 20;
const TAR_BLOCK = 512;
const UNDEFINED_FILE = '58P01';

export interface WalArchive {
  /** The segments as a tar, for as long as some are added. */
  readonly tar: Readable;
  /** Adds the segments from the last one added to the one before `lsn`, and shows `onBytes` what is in them. */
  addUpTo(lsn: Lsn, onBytes: (bytes: Buffer) => void): Promise<void>;
  /** Adds the histories of the timelines before, and ends the tar. */
  end(): Promise<void>;
}

/**
 * Makes a tar of a server's write-ahead log, from the segment of `startLsn` on, as its superuser reads it through
 * `client`. The caller keeps the server from recycling it, and asks only for segments that are complete.
 *
 * Rejects with `BACKUP_INCONSISTENT` when a segment is gone all the same, and with whatever the tar is destroyed with.
 */
export function createWalArchive(client: pg.ClientBase, startLsn: Lsn, segments: Segments): WalArchive {
  const tar = new PassThrough({ highWaterMark: CHUNK_BYTES });
  const broken = new AbortController();
  tar.on('error', (error) => broken.abort(error));
  tar.on('close', () => broken.abort(new Error('nobody takes the write-ahead log any more')));
  let next = segmentOf(startLsn, segments);

  const write = async (bytes: Buffer): Promise<void> => {
    if (broken.signal.aborted) throw broken.signal.reason;
    if (tar.write(bytes)) return;
    await once(tar, 'drain', { signal: broken.signal }).catch(() => {
      throw broken.signal.reason;
    });
  };
  const addFile = async (name: string, bytes: number, onBytes?: (bytes: Buffer) => void): Promise<void> => {
    await write(header(name, bytes));
    for (let offset = 0; offset < bytes; offset += CHUNK_BYTES) {
      const wanted = Math.min(CHUNK_BYTES, bytes - offset);
      const chunk = await read(client, { name, offset, bytes: wanted });
      if (chunk.length !== wanted) throw gone(name, `it has only ${offset + chunk.length} bytes`);
      onBytes?.(chunk);
      await write(chunk);
    }
    await write(Buffer.alloc((TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK));
  };
  return {
    tar,
    async addUpTo(lsn, onBytes) {
      for (const last = segmentOf(lsn - 1n, segments); next <= last; next += 1n) {
        await addFile(segmentName(next, segments), segments.segmentBytes, onBytes);
      }
    },
    async end() {
      const { rows } = await client.query<{ name: string; bytes: number }>(
        `SELECT name, size::int AS bytes FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{8}[.]history$' ORDER BY 1`,
      );
      for (const { name, bytes } of rows) await addFile(name, bytes);
      tar.end(Buffer.alloc(2 * TAR_BLOCK));
    },
  };
}

interface Range {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

async function read(client: pg.ClientBase, { name, offset, bytes }: Range): Promise<Buffer> {
  try {
    const text = 'SELECT pg_read_binary_file($1, $2, $3) AS bytes';
    const { rows } = await client.query<{ bytes: Buffer }>(text, [`pg_wal/${name}`, offset, bytes]);
    return rows[0]!.bytes;
  } catch (error) {
    throw sqlState(error) === UNDEFINED_FILE ? gone(name, 'it is gone', error) : error;
  }
}

function gone(name: string, what: string, cause?: unknown): AtrizError {
  return new AtrizError(
    'BACKUP_INCONSISTENT',
    `the write-ahead log ${name} is needed, and ${what}: the server removed it although a slot holds it`,
    { hint: 'raise max_slot_wal_keep_size, or make the backup at a quieter time', cause },
  );
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  new Header({ path: name, mode: 0o600, size, type: 'File', mtime: new Date(0) }).encode(block);
  return block;
}
