import { Readable } from 'node:stream';
import { AtrizError } from '@atriz/database';
import type { Store } from '../src/stores/store.ts';

/** A store that is a map, for tests of what is written to stores; what writes and reads may be tampered with. */
export interface MemoryStore extends Store {
  readonly objects: Map<string, Buffer>;
}

export function createMemoryStore(place = 'memory'): MemoryStore {
  const objects = new Map<string, Buffer>();
  return {
    name: 'folder',
    place,
    objects,
    async write(path, source) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of source) chunks.push(Buffer.from(chunk));
      objects.set(path, Buffer.concat(chunks));
    },
    async read(path) {
      const content = objects.get(path);
      if (content === undefined) throw new AtrizError('BACKUP_FILE_MISSING', `no ${path} in ${place}`);
      return Readable.from(pieces(content), { objectMode: false });
    },
    async *list(prefix) {
      for (const path of [...objects.keys()].toSorted()) {
        if (path.startsWith(prefix)) yield { path, bytes: objects.get(path)!.length, modifiedAt: new Date(0) };
      }
    },
    async remove(path) {
      objects.delete(path);
    },
  };
}

function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}
