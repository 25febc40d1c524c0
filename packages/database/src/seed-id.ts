import { createHash } from 'node:crypto';

/** Atriz's own UUID namespace; it must never change, or every seeded row would get another key. */
const NAMESPACE = 'a7a12d5e-5eed-4c0d-9a1b-0a7f12c3d4e5';

/**
 * A stable key for a seeded row: the same text gives the same UUID (version 5, RFC 9562) on every machine, so that
 * seeds of different databases can name the same user without asking each other.
 *
 * @example
 * seedId('user:admin@atriz.dev'); // the id of that user in atriz_shared, and vehicles.user_id in mextrack_db
 */
export function seedId(text: string): string {
  return uuidVersion5(NAMESPACE, text);
}

/** RFC 9562, section 5.5: the first 16 bytes of SHA-1 over namespace and name, with version and variant set. */
export function uuidVersion5(namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
