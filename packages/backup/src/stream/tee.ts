import { PassThrough } from 'node:stream';
import { AtrizError } from '@atriz/database';
import type { Store, StoreOptions } from '../stores/store.ts';

/** How much waits for a store that is slower than the others. */
export const LANE_BYTES = 256 * 1024;

export interface StoreFailure {
  readonly store: Store;
  readonly error: unknown;
}

/** Writes one object to several stores at once, as fast as the slowest of them takes it. */
export interface Tee {
  /** Resolves when each store has room for more. Rejects with the first failure once all stores have failed. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends the object; resolves with the stores that do not have it. Rejects as `write` does. */
  end(): Promise<readonly StoreFailure[]>;
  /** Gives the object up: nothing of it stays in any store. Resolves when that is so. */
  abandon(error: Error): Promise<void>;
}

/** Begins an object at `path` in each of the stores. A store that fails is left out from then on. */
export function createTee(stores: readonly Store[], path: string, options: StoreOptions): Tee {
  const failures: StoreFailure[] = [];
  const lanes = stores.map((store) => openLane(store, path, { options, onFailure: (each) => failures.push(each) }));
  const insist = (): void => {
    if (failures.length === stores.length) throw failures[0]!.error;
  };
  return {
    async write(chunk) {
      insist();
      await Promise.all(lanes.map((lane) => lane.write(chunk)));
    },
    async end() {
      for (const lane of lanes) lane.end();
      await Promise.all(lanes.map((lane) => lane.written));
      insist();
      return failures;
    },
    async abandon(reason) {
      for (const lane of lanes) lane.destroy(reason);
      await Promise.all(lanes.map((lane) => lane.written));
    },
  };
}

interface Lane {
  write(chunk: Uint8Array): Promise<void>;
  end(): void;
  destroy(reason: Error): void;
  /** Resolves when the store is done with it, well or not. */
  readonly written: Promise<void>;
}

interface LaneOptions {
  readonly options: StoreOptions;
  readonly onFailure: (failure: StoreFailure) => void;
}

function openLane(store: Store, path: string, { options, onFailure }: LaneOptions): Lane {
  const stream = new PassThrough({ highWaterMark: LANE_BYTES });
  stream.on('error', () => undefined); // it is the store that fails with it
  const write = async (): Promise<void> => {
    try {
      await store.write(path, stream, options);
      if (!stream.readableEnded) throw incomplete(store, path);
    } catch (error) {
      onFailure({ store, error });
    } finally {
      stream.destroy();
    }
  };
  return {
    async write(chunk) {
      if (stream.destroyed || stream.write(chunk)) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          stream.off('drain', go).off('close', go);
          resolve();
        };
        stream.on('drain', go).on('close', go);
      });
    },
    end: () => void stream.end(),
    destroy: (reason) => void stream.destroy(reason),
    written: write(),
  };
}

function incomplete(store: Store, path: string): AtrizError {
  return new AtrizError('BACKUP_STORE_FAILED', `${store.place} did not take all of ${path}`, {
    hint: 'run it again',
  });
}
