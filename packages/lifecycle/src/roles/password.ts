import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { AtrizError } from '@atriz/database';

const ITERATIONS = 4096;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const VERIFIER = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/;
/** Where every client and server agree on the bytes; others would have to be prepared first (RFC 4013). */
const PRINTABLE = /^[\x20-\x7e]{1,512}$/;

/**
 * What PostgreSQL keeps of a password (RFC 5803), made here so that the server, and its log, never see the password.
 * Throws `ARGUMENT_INVALID` for one that is empty or not of printable ASCII characters.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  if (!PRINTABLE.test(password)) {
    throw new AtrizError(
      'ARGUMENT_INVALID',
      'the password is empty, too long, or has characters beyond printable ASCII',
      {
        hint: 'use 1 to 512 letters, digits and signs of ASCII',
      },
    );
  }
  return format(password, salt, ITERATIONS);
}

/** Whether a verifier, as `pg_authid` has it, is the password's. */
export function isVerifierOf(password: string, verifier: string | null): boolean {
  const [, iterations, salt] = VERIFIER.exec(verifier ?? '') ?? [];
  if (iterations === undefined) return false;
  return format(password, Buffer.from(salt!, 'base64'), Number(iterations)) === verifier;
}

function format(password: string, salt: Buffer, iterations: number): string {
  const salted = pbkdf2Sync(password, salt, iterations, KEY_BYTES, 'sha256');
  const stored = createHash('sha256').update(keyOf(salted, 'Client Key')).digest('base64');
  const server = keyOf(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}

function keyOf(salted: Buffer, name: string): Buffer {
  return createHmac('sha256', salted).update(name).digest();
}
