import { createCipheriv, createDecipheriv } from 'node:crypto';

const ALGORITHM = 'chacha20-poly1305';

/** What authentication adds to a sealed text. */
export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;

/** Encrypts and authenticates with ChaCha20-Poly1305, by OpenSSL. A nonce is used once with a key. */
export function seal(
  plain: Uint8Array,
  { key, nonce }: { readonly key: Uint8Array; readonly nonce: Uint8Array },
): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The reverse of {@link seal}; undefined where the text is not what was sealed with that key and nonce. */
export function unseal(
  sealed: Uint8Array,
  { key, nonce }: { readonly key: Uint8Array; readonly nonce: Uint8Array },
): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return undefined; // the one reason for which it throws
  }
  return plain;
}
