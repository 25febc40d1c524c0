import { compareKeys, keyAt, type KeyBatch } from './key-batch.ts';
import type { KeyBytes } from './key.ts';

export type KeyBatches = AsyncIterator<KeyBatch>;

/** Sorted keys that are looked for, and where in them we are. */
export interface Search {
  /** Finds keys between those of `batch` that are not in it; to be called with batch after batch of the target. */
  pass(batch: KeyBatch): Promise<void>;
  /** The target is at its end: whatever is left is missing. */
  finish(): Promise<void>;
  /** How many keys were looked for so far, each counted once. */
  readonly keys: number;
}

/**
 * Looks for the keys of one sorted stream in another: the anti-join of a merge. `onMissing` gets the keys that are
 * missing, in order, at most `limit` at a time; while it works, nothing is read.
 */
export function createSearch(
  keys: KeyBatches,
  { limit, onMissing }: { readonly limit: number; readonly onMissing: (keys: readonly KeyBytes[]) => Promise<void> },
): Search {
  let current: KeyBatch | undefined;
  let at = 0;
  let looked = 0;
  let missing: KeyBytes[] = [];
  const report = async (): Promise<void> => {
    if (missing.length > 0) await onMissing(missing);
    missing = [];
  };
  /** Makes sure that there is a key to look for; false at the end. */
  const advance = async (): Promise<boolean> => {
    while (!current || at === current.count) {
      const { value, done } = await keys.next();
      if (done) return false;
      current = value;
      at = 0;
    }
    return true;
  };
  /** Goes on until one of the two batches is at its end, or `limit` keys are missing; returns the place in `target`. */
  const scan = (batch: KeyBatch, target: KeyBatch, from: number): number => {
    let place = from;
    const start = at;
    while (at < batch.count && place < target.count && missing.length < limit) {
      const order = compareKeys(batch, at, target, place);
      if (order > 0) {
        place += 1;
      } else {
        // a copy: the batch's memory is used again for a later one
        if (order < 0) missing.push(keyAt(batch, at).slice());
        at += 1;
      }
    }
    looked += at - start;
    return place;
  };
  return {
    get keys() {
      return looked;
    },
    async pass(batch) {
      for (let place = 0; place < batch.count && (await advance());) {
        place = scan(current!, batch, place);
        if (missing.length >= limit) await report();
      }
    },
    async finish() {
      while (await advance()) {
        while (at < current!.count && missing.length < limit) {
          missing.push(keyAt(current!, at).slice());
          at += 1;
          looked += 1;
        }
        if (missing.length >= limit) await report();
      }
      await report();
    },
  };
}
