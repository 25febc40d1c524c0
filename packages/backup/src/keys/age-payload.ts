import { hkdfSync } from 'node:crypto';
import { cut } from './pieces.ts';
import { NONCE_BYTES, seal, TAG_BYTES, unseal } from './aead.ts';

const CHUNK_BYTES = 64 * 1024;
const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES;

/**
 * The payload of an age file: chunks of 64 KiB, each authenticated with its number and with whether it is the last, so
 * that none can be changed, moved, left out or cut off.
 *
 * @see https://c2sp.org/age
 */
export async function* sealPayload(
  source: AsyncIterable<Uint8Array>,
  { fileKey, nonce }: PayloadKey,
): AsyncGenerator<Buffer> {
  const chunks = createChunkKeys({ fileKey, nonce });
  for await (const { bytes, isLast } of cut(source, CHUNK_BYTES)) yield seal(bytes, chunks.next(isLast));
}

/** The reverse of {@link sealPayload}. Throws what `refuse` makes of a reason where the payload is not authentic. */
export async function* unsealPayload(
  source: AsyncIterable<Uint8Array>,
  { fileKey, nonce, refuse }: PayloadKey & { readonly refuse: (why: string) => Error },
): AsyncGenerator<Buffer> {
  const chunks = createChunkKeys({ fileKey, nonce });
  let number = 0;
  for await (const { bytes, isLast } of cut(source, SEALED_BYTES)) {
    const plain = unseal(bytes, chunks.next(isLast));
    if (plain === undefined) throw refuse(`chunk ${number} of its encryption is not authentic`);
    if (plain.length === 0 && number > 0) throw refuse('it ends with an empty chunk');
    yield plain;
    number++;
  }
}

export interface PayloadKey {
  readonly fileKey: Uint8Array;
  readonly nonce: Uint8Array;
}

interface ChunkKey {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

/** The nonce of a chunk is its number in eleven bytes, and one that says whether it is the last. */
function createChunkKeys({ fileKey, nonce }: PayloadKey): { next(isLast: boolean): ChunkKey } {
  const key = Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
  let number = 0;
  return {
    next(isLast) {
      const chunkNonce = Buffer.alloc(NONCE_BYTES);
      chunkNonce.writeUIntBE(number++, NONCE_BYTES - 1 - 6, 6);
      chunkNonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
      return { key, nonce: chunkNonce };
    },
  };
}
