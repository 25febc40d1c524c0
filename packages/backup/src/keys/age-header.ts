import { randomBytes } from 'node:crypto';
import { Decrypter, Encrypter, type Identity, type Recipient } from 'age-encryption';
import { TAG_BYTES } from './aead.ts';

/** In front of the payload, which is encrypted with a key made from the file's key and this. */
export const PAYLOAD_NONCE_BYTES = 16;

/** The beginning of an encrypted file, and the key of what follows. */
export interface AgeHeader {
  readonly header: Uint8Array;
  readonly fileKey: Uint8Array;
}

/** Makes the header of a file for recipients, with a fresh key. */
export async function createHeader(recipients: readonly (string | Recipient)[]): Promise<AgeHeader> {
  const encrypter = new Encrypter();
  let fileKey: Uint8Array | undefined;
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  // One that adds nothing to the header, and is given the key as every recipient is.
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array());
  return { header: empty.subarray(0, -(PAYLOAD_NONCE_BYTES + TAG_BYTES)), fileKey: fileKey! };
}

export type OpenedHeader = Uint8Array | 'malformed' | 'no identity fits';

/** The key of the file that the header is of, where one of the identities opens it. */
export async function openHeader(
  header: Uint8Array,
  identities: readonly (string | Identity)[],
): Promise<OpenedHeader> {
  const decrypter = new Decrypter();
  let isUnmatched = false;
  for (const identity of identities) decrypter.addIdentity(identity);
  // The last one is asked only where none of the others opened it, in a header that could be read.
  decrypter.addIdentity({
    unwrapFileKey() {
      isUnmatched = true;
      return null;
    },
  });
  try {
    return await decrypter.decryptHeader(header);
  } catch {
    return isUnmatched ? 'no identity fits' : 'malformed';
  }
}

export function createPayloadNonce(): Buffer {
  return randomBytes(PAYLOAD_NONCE_BYTES);
}
