import { AtrizError } from '@atriz/database';
import { COMMON_PASSWORDS } from './common-passwords.ts';

/** bcrypt reads no further: two passwords that differ behind it would be one. */
const MOST_BYTES = 72;

export interface PasswordRules {
  /** Whose password it is to be. */
  readonly email: string;
  readonly leastCharacters: number;
}

/**
 * The form in which a password is hashed: NFKC, so that an é is the same from every keyboard. Undefined for what can be
 * nobody's password: over 72 bytes of UTF-8, or with a NUL or half a character in it.
 */
export function normalizePassword(password: string): string | undefined {
  const normal = password.normalize('NFKC');
  return faultOfText(normal) === undefined ? normal : undefined;
}

/**
 * A new password in the form in which it is hashed. Throws `PASSWORD_REFUSED` with the reason: too short or too long,
 * a NUL, the address itself, or one of those that are tried first.
 */
export function acceptPassword(password: string, rules: PasswordRules): string {
  const normal = password.normalize('NFKC');
  const fault = faultOfText(normal) ?? faultOfChoice(normal, rules);
  if (fault === undefined) return normal;
  throw new AtrizError('PASSWORD_REFUSED', `the password ${fault}`, { hint: 'choose another one' });
}

function faultOfText(password: string): string | undefined {
  if (password.includes('\0')) return 'has a NUL character in it';
  if (!password.isWellFormed()) return 'is not well-formed Unicode';
  if (Buffer.byteLength(password) > MOST_BYTES) return `is longer than ${MOST_BYTES} bytes`;
  return undefined;
}

function faultOfChoice(password: string, { email, leastCharacters }: PasswordRules): string | undefined {
  if ([...password].length < leastCharacters) return `is shorter than ${leastCharacters} characters`;
  const plain = password.toLowerCase();
  const address = email.toLowerCase();
  if (plain === address || plain === address.split('@')[0]) return 'is the e-mail address';
  if (new Set(plain).size === 1) return 'is one character again and again';
  if (COMMON_PASSWORDS.has(plain)) return 'is one of those that are tried first';
  return undefined;
}
