import type { KeyKind } from './column.ts';
import type { KeyBytes } from './key.ts';

/** Sorted keys, one behind the other in `bytes`; key `n` reaches from `starts[n]` to `starts[n + 1]`. */
export interface KeyBatch {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly count: number;
}

export interface KeyBatchBuilder {
  readonly isFull: boolean;
  /** Adds the key that the server sent as the bytes from `start` to `end`. */
  add(data: Uint8Array, start: number, end: number): void;
  /** What was added since the last time. */
  take(): KeyBatch;
  /** Gives back the memory of a batch that nobody looks at any more: made anew each time, it would pile up. */
  recycle(batch: KeyBatch): void;
}

const MOST_KEYS = 16_384;
const MOST_BYTES = 1024 * 1024;
const FIRST_BYTES = MOST_KEYS * 16;
const INTEGER_BYTES = 8;
const SIGN_BIT = 0x80;
/** Below this, a loop copies faster than a call out of JavaScript. */
const SHORT_KEY = 64;

type Memory = Pick<KeyBatch, 'bytes' | 'starts'>;

function makeMemory(): Memory {
  return { bytes: new Uint8Array(FIRST_BYTES), starts: new Uint32Array(MOST_KEYS + 1) };
}

export function createKeyBatchBuilder(kind: KeyKind): KeyBatchBuilder {
  const free: Memory[] = [];
  let { bytes, starts } = makeMemory();
  let count = 0;
  let used = 0;
  const makeRoom = (length: number): void => {
    if (used + length <= bytes.length) return;
    const larger = new Uint8Array(Math.max(bytes.length * 2, used + length));
    larger.set(bytes);
    bytes = larger;
  };
  /** Integers of two and four bytes are filled up with their sign, which is then turned over. */
  const addSign = (data: Uint8Array, start: number, length: number): void => {
    const filler = data[start]! & SIGN_BIT ? 0xff : 0;
    for (const end = used + INTEGER_BYTES - length; used < end; used += 1) bytes[used] = filler;
  };
  return {
    get isFull() {
      return count === MOST_KEYS || used >= MOST_BYTES;
    },
    add(data, start, end) {
      const first = used;
      const length = end - start;
      makeRoom(Math.max(length, INTEGER_BYTES));
      if (kind === 'integer') addSign(data, start, length);
      if (length < SHORT_KEY) for (let at = start; at < end; at += 1) bytes[used + at - start] = data[at]!;
      else bytes.set(data.subarray(start, end), used);
      used += length;
      if (kind === 'integer') bytes[first]! ^= SIGN_BIT;
      count += 1;
      starts[count] = used;
    },
    take() {
      const batch = { bytes, starts, count };
      ({ bytes, starts } = free.pop() ?? makeMemory());
      count = 0;
      used = 0;
      return batch;
    },
    recycle(batch) {
      free.push(batch);
    },
  };
}

/** One key of a batch; shares the batch's memory. */
export function keyAt({ bytes, starts }: KeyBatch, index: number): KeyBytes {
  return bytes.subarray(starts[index], starts[index + 1]);
}

/** Negative when the first key sorts before the second, zero when they are equal. */
export function compareKeys(one: KeyBatch, index: number, other: KeyBatch, otherIndex: number): number {
  const start = one.starts[index]!;
  const otherStart = other.starts[otherIndex]!;
  const length = one.starts[index + 1]! - start;
  const otherLength = other.starts[otherIndex + 1]! - otherStart;
  const shared = Math.min(length, otherLength);
  for (let at = 0; at < shared; at += 1) {
    const difference = one.bytes[start + at]! - other.bytes[otherStart + at]!;
    if (difference !== 0) return difference;
  }
  return length - otherLength;
}
