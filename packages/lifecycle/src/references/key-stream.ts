import type pg from 'pg';
import type { KeyColumn } from './column.ts';
import { createKeyBatchBuilder, type KeyBatch } from './key-batch.ts';
import { selectKeys } from './key.ts';

const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
const ERROR_RESPONSE = 0x45;
const MESSAGE_HEADER = 5;
/** `PGCOPY`, eleven bytes of signature, four of flags and four of length of a header extension, which must be skipped. */
const SIGNATURE = 'PGCOPY\n\u00ff\r\n\0';
const FILE_HEADER = 19;
/** Count of fields, then the length of the only one. */
const TUPLE_HEADER = 6;
/** So many batches wait to be taken before the server is asked to pause. */
const MOST_READY = 2;

type DataListener = (data: Buffer) => void;

/**
 * Streams a column's keys: sorted, distinct or not (see `selectKeys`), without nulls, as they are needed. What is not
 * taken is not read from the socket, and the server waits: memory stays flat however many keys there are. A batch is
 * good until the next one is asked for.
 *
 * Reads the messages of COPY itself, because one object for each key, as the driver would make, costs more than
 * everything else together. Everything that is no key goes to the driver as ever. Rejects with pg's error. A stream that
 * is given up leaves the client in the middle of a COPY: close it.
 */
export function streamKeys(client: pg.ClientBase, column: KeyColumn): AsyncIterableIterator<KeyBatch> {
  const builder = createKeyBatchBuilder(column.kind);
  const ready: KeyBatch[] = [];
  let given: KeyBatch | undefined;
  let waiting: PromiseWithResolvers<void> | undefined;
  let ended = false;
  let failure: unknown;
  let resume: (() => void) | undefined;
  const wake = (): void => {
    waiting?.resolve();
    waiting = undefined;
  };
  const flush = (): void => {
    ready.push(builder.take());
    wake();
  };

  client.query({
    submit(connection) {
      const { stream } = connection;
      const listeners = stream.listeners('data') as DataListener[];
      const forward: DataListener = (data) => {
        for (const listener of listeners) listener.call(stream, data);
      };
      const readKeys = createMessageReader({
        onKey: (data, start, end) => {
          builder.add(data, start, end);
          if (builder.isFull) flush();
        },
        onOther: forward,
        onEnd: (rest) => {
          stream.off('data', read);
          for (const listener of listeners) stream.on('data', listener);
          forward(rest);
          stream.resume();
        },
      });
      const read: DataListener = (data) => {
        const isOver = readKeys(data);
        if (!isOver && ready.length >= MOST_READY) stream.pause();
      };
      stream.on('data', read);
      for (const listener of listeners) stream.off('data', listener);
      resume = () => void stream.resume();
      connection.query(selectKeys(column));
    },
    handleError(error: unknown) {
      failure ??= error;
      ended = true;
      wake();
    },
    handleCommandComplete() {},
    handleReadyForQuery() {
      ended = true;
      flush();
    },
  } as pg.Submittable);

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (given) builder.recycle(given);
      given = undefined;
      while (ready.length === 0) {
        if (ended) break;
        waiting = Promise.withResolvers();
        resume?.();
        await waiting.promise;
      }
      if (failure !== undefined) throw failure as Error;
      const value = ready.shift();
      given = value;
      resume?.();
      return value && value.count > 0 ? { done: false, value } : { done: true, value: undefined };
    },
  };
}

interface MessageHandlers {
  readonly onKey: (data: Buffer, start: number, end: number) => void;
  /** A whole message that is not of the COPY. */
  readonly onOther: DataListener;
  /** The message that ends the COPY, well or not, and whatever came behind it. */
  readonly onEnd: DataListener;
}

/** Cuts what comes from the server into messages; returns whether the COPY is over. */
function createMessageReader({ onKey, onOther, onEnd }: MessageHandlers): (data: Buffer) => boolean {
  let cut: Buffer | undefined;
  let isFirst = true;
  let isOver = false;
  /** Reads whole messages; returns where the first begins that is not whole, or that ends the COPY. */
  const readWhole = (data: Buffer): number => {
    let at = 0;
    while (at + MESSAGE_HEADER <= data.length) {
      const code = data[at]!;
      isOver = code === COPY_DONE || code === ERROR_RESPONSE;
      const end = at + 1 + data.readUInt32BE(at + 1);
      if (isOver || end > data.length) break;
      if (code === COPY_DATA) {
        const start = at + MESSAGE_HEADER + (isFirst ? headerLength(data, at + MESSAGE_HEADER) : 0);
        isFirst = false;
        // the last message holds no tuple, only the mark that ends the file
        if (end - start >= TUPLE_HEADER) onKey(data, start + TUPLE_HEADER, end);
      } else {
        onOther(data.subarray(at, end));
      }
      at = end;
    }
    return at;
  };
  return (chunk) => {
    let data = chunk;
    // A message that was cut off is made whole by itself: the chunk as a whole would be as much memory again.
    while (cut) {
      if (isOver) break;
      const length: number = cut.length < MESSAGE_HEADER ? MESSAGE_HEADER : 1 + cut.readUInt32BE(1);
      const joined: Buffer = Buffer.concat([cut, data.subarray(0, length - cut.length)]);
      data = data.subarray(length - cut.length);
      cut = readWhole(joined) === joined.length ? undefined : joined;
      if (joined.length < length) return false;
    }
    if (!isOver) {
      const at = readWhole(data);
      if (at < data.length) cut = data.subarray(at);
      data = data.subarray(data.length);
    }
    if (isOver) onEnd(cut ? Buffer.concat([cut, data]) : data);
    return isOver;
  };
}

function headerLength(data: Buffer, start: number): number {
  const hasHeader = data.toString('latin1', start, start + SIGNATURE.length) === SIGNATURE;
  return hasHeader ? FILE_HEADER + data.readUInt32BE(start + FILE_HEADER - 4) : 0;
}
