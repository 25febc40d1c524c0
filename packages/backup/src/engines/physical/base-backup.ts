import { Readable } from 'node:stream';
import type pg from 'pg';
import { parseLsn, type Lsn } from './lsn.ts';
import { socketOf } from './replication.ts';

export interface BaseBackup {
  readonly startLsn: Lsn;
  readonly timeline: number;
  /** What the server says that its files take. */
  readonly estimatedBytes: number;
  /** The data directory as a tar; read no faster than it is taken. Destroying it cuts the connection. */
  readonly tar: Readable;
  /** Where the write-ahead log has to be replayed to for the files to fit together, once the tar was read. */
  readonly endLsn: Promise<Lsn>;
}

const DATA = 'd'.charCodeAt(0);

interface Message {
  readonly fields: readonly (string | null)[];
  readonly chunk: Buffer;
}

/**
 * Begins a base backup on a replication connection; resolves when the server has made its checkpoint and begins to send.
 *
 * From PostgreSQL 15 on the answer is the start, the tablespaces, one COPY stream whose messages begin with their kind
 * (an archive begins, its bytes, progress), and the end (protocol-replication, BASE_BACKUP). No tablespace but the data
 * directory itself is expected: {@link findPhysicalObstacle} refuses others.
 */
export async function beginBaseBackup(client: pg.Client, label: string): Promise<BaseBackup> {
  const begun = Promise.withResolvers<readonly Message['fields'][]>();
  const ended = Promise.withResolvers<Lsn>();
  ended.promise.catch(() => undefined); // the tar fails with the same error
  const socket = socketOf(client);
  const rows: Message['fields'][] = [];
  let isDone = false;
  const tar = new Readable({
    highWaterMark: 1 << 20,
    read: () => void socket.resume(),
    destroy(error, callback) {
      if (!isDone) socket.destroy();
      callback(error);
    },
  });
  const query = {
    text: `BASE_BACKUP (LABEL '${label}', PROGRESS true, CHECKPOINT 'fast', WAIT false, MANIFEST 'no')`,
    submit: (connection: { query(text: string): void }) => void connection.query(query.text),
    handleRowDescription: () => undefined,
    handleDataRow: ({ fields }: Message) => void rows.push(fields),
    handleCommandComplete: () => undefined,
    handleEmptyQuery: () => undefined,
    handleCopyData({ chunk }: Message) {
      begun.resolve(rows);
      if (chunk[0] !== DATA) return;
      // A copy: the driver writes what comes next over the buffer that this is a part of.
      if (!tar.push(Buffer.from(chunk.subarray(1)))) socket.pause();
    },
    handleReadyForQuery() {
      isDone = true;
      ended.resolve(parseLsn(rows.at(-1)![0]!));
      tar.push(null);
    },
    handleError(error: Error) {
      isDone = true;
      begun.reject(error);
      ended.reject(error);
      tar.destroy(error);
    },
  };
  client.query(query as unknown as pg.Submittable);
  const [start, tablespace] = await begun.promise;
  return {
    startLsn: parseLsn(start![0]!),
    timeline: Number(start![1]),
    estimatedBytes: Number(tablespace?.[2] ?? 0) * 1024,
    tar,
    endLsn: ended.promise,
  };
}
