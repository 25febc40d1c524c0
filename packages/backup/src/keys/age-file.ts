import { AtrizError } from '@atriz/database';
import type { Identity, Recipient } from 'age-encryption';
import { createHeader, createPayloadNonce, openHeader, PAYLOAD_NONCE_BYTES } from './age-header.ts';
import { sealPayload, unsealPayload } from './age-payload.ts';

/** For some dozens of recipients; a longer header is none of ours. */
const MAX_HEADER_BYTES = 64 * 1024;
const MAC_LINE = '\n--- ';

/** Encrypts a stream into an age file for the recipients. */
export async function* sealFile(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  recipients: readonly (string | Recipient)[],
): AsyncGenerator<Uint8Array> {
  const { header, fileKey } = await createHeader(recipients);
  const nonce = createPayloadNonce();
  yield Buffer.concat([header, nonce]);
  yield* sealPayload(iterate(source), { fileKey, nonce });
}

export interface UnsealOptions {
  readonly identities: readonly (string | Identity)[];
  /** What the file is called in an error. */
  readonly name: string;
  /** What it means when none of the identities opens the file: the wrong key, or, where the key is known to be right, a changed file. */
  readonly unopened: 'BACKUP_KEY_WRONG' | 'BACKUP_CORRUPT';
}

/**
 * Decrypts an age file. Each chunk is given once it was found authentic; a file that was cut off fails at its end, so that
 * what was given before is of use only after the last chunk.
 *
 * Throws `BACKUP_CORRUPT`, or `unopened` where no identity fits.
 */
export async function* unsealFile(
  source: AsyncIterable<Uint8Array>,
  { identities, name, unopened }: UnsealOptions,
): AsyncGenerator<Uint8Array> {
  const refuse = (why: string): AtrizError =>
    new AtrizError('BACKUP_CORRUPT', `${name}: ${why}`, { hint: "use another store's copy, or another set" });
  const iterator = source[Symbol.asyncIterator]();
  try {
    const { header, rest } = await takeHeader(iterator, refuse);
    const fileKey = await openHeader(header, identities);
    if (fileKey === 'malformed') throw refuse('its encryption header is not what was written');
    if (fileKey === 'no identity fits') {
      if (unopened === 'BACKUP_CORRUPT') throw refuse('the key of the set does not open it');
      throw new AtrizError('BACKUP_KEY_WRONG', `${name}: BACKUP_ENCRYPTION_KEY does not open it`, {
        hint: 'set BACKUP_ENCRYPTION_KEY to the key that the set was made with',
      });
    }
    const payload = prepend(rest.subarray(PAYLOAD_NONCE_BYTES), iterator);
    yield* unsealPayload(payload, { fileKey, nonce: rest.subarray(0, PAYLOAD_NONCE_BYTES), refuse });
  } finally {
    await iterator.return?.();
  }
}

/** Takes what comes up to the header's end, and at least the payload's nonce after it. */
async function takeHeader(
  iterator: AsyncIterator<Uint8Array>,
  refuse: (why: string) => Error,
): Promise<{ readonly header: Buffer; readonly rest: Buffer }> {
  let taken = Buffer.alloc(0);
  for (;;) {
    const start = taken.indexOf(MAC_LINE);
    const end = start === -1 ? -1 : taken.indexOf('\n', start + MAC_LINE.length);
    if (end !== -1 && taken.length >= end + 1 + PAYLOAD_NONCE_BYTES) {
      return { header: taken.subarray(0, end + 1), rest: taken.subarray(end + 1) };
    }
    if (taken.length > MAX_HEADER_BYTES) throw refuse('it is no age file');
    const next = await iterator.next();
    if (next.done === true) throw refuse('it ends within its encryption header');
    taken = Buffer.concat([taken, next.value]);
  }
}

async function* prepend(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

async function* iterate(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* source;
}
